"""Every use case with its doors: what the window, the terminal and programs can ask of the core, and why one cannot.

The calls are those of the protocol, and who sends them is found in the code: a call without a row, a door that is
stated and does not send it, or one that is missing without a reason fails here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import pytest

from app.cli.main import COMMANDS
from app.core.protocol import DoorCall

Door = Literal["gui", "cli", "api"]
ROOT = Path(__file__).resolve().parent.parent.parent
CALLS = {kind.__name__: kind for kind in get_args(DoorCall)}
SAID_BY = ("app.core.calls", "app.core.protocol", "app.workers.calls")
"""Where calls are imported from."""


class Use(NamedTuple):
    """A call and its doors: a method of the window, a command, a module of the API; `why` where one of the first two
    has it not."""

    window: str = ""
    command: str = ""
    api: str = ""
    why: str = ""


EVENTS = "the window hears events"
SHOWS = "the terminal shows no such page"
ONE_GO = "a command says everything when it begins"
ASIDE = "a command answers a question and leaves; the chats are kept for the window and “inhouse chat”"
INSIDE = "the core asks it itself"

TABLE: dict[str, Use] = {
    # being a door
    "Hello": Use("CoreClient._opened", why="the terminal's client says it in app.core.door"),
    "KeepRunning": Use(why="the API's switch and command do it inside the core"),
    "SettingsChanged": Use("_share_settings", "chat"),
    # chats
    "Ask": Use("TemporaryChat._question", "ask", "collections"),
    "Summarise": Use(command="summarise", api="collections", why="the window asks in a chat, which is kept"),
    "Calculate": Use(command="calculate", api="collections", why="the window asks in a chat, which is kept"),
    "Offers": Use("ComposerOffers._ask", "chat"),
    "ListLibrary": Use("KnownLibrary.refresh", "assistants", "collections"),
    "KeepAssistant": Use("KnownLibrary.keep_assistant", "assistants"),
    "KeepPrompt": Use("KnownLibrary.keep_prompt", "prompts"),
    "RemoveFromLibrary": Use("KnownLibrary.remove", "assistants"),
    "RestoreToLibrary": Use("KnownLibrary.restore", why="a command asks for what it does, and has no undo"),
    "ExportLibrary": Use("KnownLibrary.export", "assistants"),
    "ImportLibrary": Use("KnownLibrary.take_in", "assistants"),
    "SetChatAssistant": Use("OpenChat.choose_assistant", "chat"),
    "AskInChat": Use("ChatController.ask", "chat"),
    "Regenerate": Use("ChatController.regenerate", why=ASIDE),
    "StopAnswer": Use("ChatController.stop", "chat"),
    "ChooseVersion": Use("ChatController.choose_version", why=ASIDE),
    "RateAnswer": Use("ChatController.rate", why=ASIDE),
    "WeighWords": Use("WordShares.ask", why="“inhouse ask --shares” says it with the answer: Ask"),
    "RenameChat": Use("ProjectActions.rename_chat", why=ASIDE),
    "SetChatCollection": Use("OpenChat.choose_collection", "chat"),
    "SetChatModel": Use("ChatController.keep_model", why=ASIDE),
    "ReadChatPicture": Use("PictureRow.__init__", why="a terminal shows no pictures"),
    "LoadPicture": Use(api="pictures", why="a question names its pictures: Ask, AskInChat"),
    "DeleteChat": Use("DeletedChats.delete", "chats"),
    "RestoreChat": Use("DeletedChats.undo", why=ASIDE),
    "PurgeChats": Use("DeletedChats.purge", "chats"),
    "ListChats": Use(command="chats", why="the window reads the store itself, for its first paint"),
    "ExportChats": Use("save_chat", "chats"),
    "ImportChats": Use("import_chats", "chats"),
    "CreateProject": Use("ProjectActions.create", "chats"),
    "RenameProject": Use("ProjectActions.rename", why=ASIDE),
    "SetProjectCollection": Use("ProjectActions.set_collection", why=ASIDE),
    "RemoveProject": Use("ProjectActions.remove", why=ASIDE),
    "MoveToProject": Use("ProjectActions.move", "chats"),
    "BranchChat": Use("OpenChat.branch", why=ASIDE),
    "AttachFiles": Use("ChatFiles._send", "chat"),
    "ListAttachments": Use("ChatFiles._list", "chat"),
    "DetachFiles": Use("ChatFiles.remove", "chat"),
    "PromoteFiles": Use("ChatFiles.promote", "chat"),
    "CountPrompt": Use("ContextMeter.count", why=SHOWS),
    # documents
    "QueueFiles": Use("DocumentsController.add", why="a command waits until its files are through: Add"),
    "Add": Use(command="add", why="the window does not wait: QueueFiles"),
    "Recognise": Use(command="add", why="pages are recognised by themselves while the window is open: PageRecognised"),
    "PauseAdding": Use("Adds.pause", why=SHOWS),
    "ResumeAdding": Use("Adds.resume", why=SHOWS),
    "CancelAdding": Use("Adds.cancel", why="Ctrl C cancels what the command itself began"),
    "ContinueAdding": Use("Adds.carry_on", why="a command adds again what it added"),
    "DismissAdding": Use("Adds.dismiss", why=SHOWS),
    "ListAdding": Use("Adds.list_files", why=SHOWS),
    "ListCollections": Use("KnownCollections.refresh", "collections", "collections"),
    "CreateCollection": Use("Naming.create", "add"),
    "ExportCollection": Use("export_collection", "collections"),
    "ImportCollection": Use("import_collection", "collections"),
    "PublishCollection": Use("share_collection", "collections", "collections"),
    "StopPublishing": Use("stop_sharing", "collections"),
    "OpenShared": Use("open_shared", "collections"),
    "LookAtShared": Use(why=INSIDE),
    "TakeShared": Use(why=INSIDE),
    "RenameCollection": Use("Naming.rename", why="a name is a label; collections are made by “inhouse add”"),
    "DeleteCollection": Use("DocumentsController.delete_collection", "collections"),
    "ListDocuments": Use("DocumentsController.list_ids", "collections", api="collections"),
    "Remove": Use("DocumentsController.remove", "remove"),
    "FindAnswers": Use("DocumentsController.find_answers", "remove"),
    "DeleteAnswers": Use("DocumentsController._remove", "remove"),
    "Search": Use("Finder.look_for", "search", "collections"),
    "Find": Use("Finder.look_for", "find", "find"),
    "ReadText": Use("SourceReader.want_text", why=SHOWS),
    "ReadGrid": Use("SourceReader.want_grid", why=SHOWS),
    "RenderPage": Use("SourceReader.want_page", why=SHOWS),
    "SetMasking": Use("set_masking", "personal", "personal"),
    "FindPersonal": Use("PersonalFindings.look", "personal", "personal"),
    "ListPersonal": Use("open_personal_data", "personal", "personal"),
    "ExportRedacted": Use("export_redacted", "personal"),
    "KeepMasking": Use(why=INSIDE),
    "ListUnmasked": Use(why=INSIDE),
    "ListModelText": Use("open_model_text", "model-text"),
    "ApproveModelText": Use("open_model_text", "model-text"),
    "ListHiddenText": Use("open_hidden_text", "hidden"),
    "RestartReader": Use("DocumentsController.restart_reader", why="it starts again by itself"),
    "Embed": Use(api="embeddings", why="for programs"),
    "Ground": Use(why=INSIDE),
    "CompareVersions": Use("CompareController._call", "compare", "compare"),
    "RunTable": Use("TablesController.begin", "table", "tables"),
    "ListTables": Use("TablesController._list", "table", "tables"),
    "ReadTable": Use("TablesController.open_table", why="a command prints the table that it fills"),
    "PauseTable": Use("TablesController.pause", why="Ctrl C stops a command; what is through is kept"),
    "ResumeTable": Use("TablesController.resume", why="the same command goes on"),
    "StopTable": Use("TablesController.stop", why="Ctrl C stops a command; what is through is kept"),
    "CorrectCell": Use("TablesController.correct", why="a cell is put right where its source is seen"),
    "DeleteTable": Use("TablesController.delete", why="what a command fills is deleted in the window"),
    "ExportTable": Use("TablesController.export", "table"),
    "KeepTemplate": Use("TablesController.keep_template", "table", "tables"),
    "DeleteTemplate": Use("TablesController.delete_template", "table", "tables"),
    "ReadFields": Use(why=INSIDE),
    "Outline": Use(why=INSIDE),
    "Extract": Use(why=INSIDE),
    "FindTopics": Use(why=INSIDE),
    "Read": Use(why=INSIDE),
    "Mark": Use(why=INSIDE),
    "Attach": Use(why=INSIDE),
    "ListHidden": Use(why=INSIDE),
    "MoveDocuments": Use(why=INSIDE),
    "CopyAttached": Use(why=INSIDE),
    "UseReader": Use(why=INSIDE),
    "ShowReaders": Use("SearchReaders.refresh", "reader", "readers"),
    "ChooseReader": Use("SearchReaders.use", "reader", "readers"),
    "LeaveReader": Use("SearchReaders.go_back", "reader", "readers"),
    "RemoveReader": Use("SearchReaders.remove", "reader"),
    "ListHeads": Use("KeptHeads.refresh", "classify"),
    "KeepHead": Use("KeptHeads.keep", "train"),
    "RemoveHead": Use("KeptHeads.remove", "classify"),
    "Classify": Use("KeptHeads._part", "classify"),
    "Reembed": Use(why=INSIDE),
    "ForgetReembedded": Use(why=INSIDE),
    "ShowEmbedders": Use("SearchEmbedders.refresh", "embedder"),
    "ImportEmbedder": Use("SearchEmbedders.bring_in", "embedder"),
    "ChooseEmbedder": Use("SearchEmbedders.use", "embedder"),
    "WatchEmbedder": Use(command="embedder", why=EVENTS),
    "LeaveEmbedder": Use("SearchEmbedders.go_back", "embedder"),
    "CancelEmbedder": Use("SearchEmbedders.cancel", "embedder"),
    "RemoveEmbedder": Use("SearchEmbedders.remove", "embedder"),
    "ShowVectorServer": Use("VectorServers.refresh", "vectors"),
    "FindVectorServer": Use("VectorServerDialog._go_on", "vectors"),
    "ChooseVectorServer": Use("VectorServerDialog._go_on", "vectors"),
    "LeaveVectorServer": Use("VectorServers.leave", "vectors"),
    "CheckVectorServer": Use(why=INSIDE),
    "UseVectorServer": Use(why=INSIDE),
    "ShowVectors": Use(why=INSIDE),
    "SyncVectors": Use(why=INSIDE),
    "DropVectors": Use(why=INSIDE),
    "ListTombstones": Use(why=INSIDE),
    "Forgotten": Use(why=INSIDE),
    "WatchState": Use("FollowedFolders.refresh", "watch"),
    "FollowFolder": Use("FollowedFolders.follow", "watch"),
    "ChangeFolder": Use("FollowedFolders.pause", "watch"),
    "UnfollowFolder": Use("FollowedFolders.unfollow", "watch"),
    "ConfirmDeletion": Use("FollowedFolders.confirm", "watch"),
    "ListTrash": Use("FollowedFolders.show", "watch"),
    "RestoreDocuments": Use("FollowedFolders.restore", "watch"),
    "EmptyTrash": Use("FollowedFolders.empty", "watch"),
    "ListChanges": Use("FollowedFolders.show", "watch"),
    "ListFolders": Use(why=INSIDE),
    "ScanFolder": Use(why=INSIDE),
    "CheckHealth": Use(why="“inhouse doctor” looks at the stores while no core runs"),
    # models
    "ListModels": Use(command="models", api="models", why="the window is told at its first word: Welcome"),
    "UseModel": Use("ModelsController.switch_to", "models"),
    "GoBack": Use("ModelsController.go_back", "models"),
    "CancelSwitch": Use("ModelsController.cancel_switch", why="Ctrl C leaves the command; the switch is another's too"),
    "LoadEngine": Use("ModelsController.start", why="a question loads it"),
    "RestartEngine": Use("ModelsController.restart_engine", why="it starts again by itself"),
    "RenameModel": Use("ModelsController.rename", "models"),
    "ImportFolder": Use("ModelFiles.import_file", "models"),
    "RemoveModel": Use("ModelsController.remove", "models"),
    "ImportModel": Use("ModelFiles.import_file", "models"),
    "ExportModel": Use("ModelFiles.export", "models"),
    "FindFiles": Use("FoundModels.look", "models"),
    "LinkModel": Use("FoundModels._next", "models"),
    "ShowCatalogue": Use("ModelCatalogue.load", "models"),
    "SearchHub": Use("ModelCatalogue.search", "models"),
    "ShowRepository": Use("ModelCatalogue.show_files", "models"),
    "FitModel": Use(command="models", why="what is offered says how it would run"),
    "FetchModel": Use("ModelCatalogue.fetch", "models"),
    "ListDownloads": Use("ModelCatalogue._welcomed", "models"),
    "PauseDownload": Use("ModelCatalogue.pause", "models"),
    "ResumeDownload": Use("ModelCatalogue.resume", "models"),
    "CancelDownload": Use("ModelCatalogue.cancel", "models"),
    "KeepHubToken": Use("ModelCatalogue.keep_token", "models"),
    "FetchFile": Use(why=INSIDE),
    "ReadCatalogue": Use(why=INSIDE),
    "FindServer": Use("ModelServers.find", why="a command says the model's name and is told what is wrong with it"),
    "AddServer": Use("ServerDialog._go_on", "models"),
    "ShowRuntimes": Use("LlamaRuntimes.look", "models"),
    "ChooseRuntime": Use("LlamaRuntimes.use", "models"),
    "RemoveRuntime": Use("LlamaRuntimes.remove", "models"),
    "TestRuntime": Use("LlamaRuntimes.test", "models"),
    "AddRuntime": Use("LlamaRuntimes.add", "models"),
    "TryRuntime": Use(why=INSIDE),
    "FetchOfferedRuntime": Use("LlamaRuntimes.fetch", "models"),
    # newer versions
    "ShowUpdate": Use("Updates.refresh", "update"),
    "LookForUpdate": Use("Updates.look", "update"),
    "TakeUpdate": Use("Updates.take", "update"),
    "CancelUpdate": Use("Updates.cancel", why="Ctrl C leaves the command; “inhouse update” again goes on"),
    "MakeWay": Use("Updates.make_way", why="the command goes back once nobody has Inhouse open"),
    "ShowComponent": Use("TrainingComponent.look", "training"),
    "InstallComponent": Use("TrainingComponent.install", "training"),
    "RepairComponent": Use("TrainingComponent.repair", "training"),
    "CancelComponent": Use("TrainingComponent.cancel", "training"),
    "RemoveComponent": Use("TrainingComponent.remove", "training"),
    # trainings
    "ListRuns": Use("RunList.refresh", "train", "runs"),
    "ListResources": Use("FinetuneController.refresh", "train"),
    "BeginRun": Use("TrainingState.begin", "train", "runs"),
    "OpenRun": Use("TrainingState.open", why=ONE_GO),
    "ChangeRun": Use("FinetuneController._change", "train", "runs"),
    "OpenStep": Use("FinetuneController.go", why=ONE_GO),
    "PrepareRun": Use("FinetuneController.prepare", "train", "runs"),
    "TryAuthor": Use("AuthorTrying.begin", "train", "runs"),
    "StopPreparing": Use("FinetuneController.stop_preparing", "train", "runs"),
    "DecideExamples": Use("FinetuneController.decide", "train"),
    "ApproveGood": Use("FinetuneController.approve_good", "train", "runs"),
    "MeasureRun": Use("TrainingTime._ask", "train"),
    "TrainRun": Use("FinetuneController.train", "train", "runs"),
    "ResumeRun": Use("FinetuneController.resume", "train"),
    "SteerRun": Use("FinetuneController._steer", "train", "runs"),
    "AskSample": Use("FinetuneController.ask_sample", "train"),
    "FollowRun": Use(command="train", why=EVENTS),
    "ExportRun": Use("Away.export", "train"),
    "BringAdapter": Use("Away.bring", "train"),
    "InstallRun": Use(command="train", why="in the window what is installed is used at once: UseRun"),
    "UseRun": Use("FinetuneController.use", "train", "runs"),
    "KeepOld": Use("FinetuneController.keep_old", "train"),
    "LeaveRun": Use("FinetuneController.go_back", "train", "runs"),
    "RenameRun": Use("FinetuneController.rename", "train"),
    "VoteAnswer": Use("FinetuneController.vote", "train"),
    "RemoveParts": Use("FinetuneController.remove_parts", "train"),
    "DeleteRun": Use("FinetuneController.delete", "train"),
    # programs
    "TakeOut": Use("take_out", "takeout"),
    "ReadRecord": Use("RecordSection.refresh", "audit"),
    "VerifyRecord": Use("RecordSection.verify", "audit"),
    "ExportRecord": Use("RecordSection._save", "audit"),
    "ServeApi": Use(command="serve", why="the window's switch is a setting that the core follows"),
    "ShowApi": Use("ProgramsSection._look", "serve", "bench"),
    "RenewApiKey": Use("ProgramsSection._ask_to_renew", "serve"),
    "CompleteWith": Use(api="chat", why="for programs"),
    "TokenizeWith": Use(api="tokens", why="for programs"),
    # measuring models
    "AskMany": Use(command="eval", why="a measurement of many questions is a command’s"),
    "ListQuestions": Use("ArenaController.open", "arena"),
    "PlayArena": Use("ArenaController.play", "arena"),
    "CastVote": Use("ArenaController.vote", "arena"),
    "ListVotes": Use("ArenaController.choose", "arena"),
    "ClearVotes": Use("ArenaController.clear", "arena"),
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_call_has_a_row(name: str) -> None:
    assert name in TABLE, f"{name} is part of the protocol: which doors have it, and why not the others?"


def test_no_row_is_about_a_call_that_is_gone() -> None:
    assert set(TABLE) - set(CALLS) == set()


@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_door_that_is_stated_sends_the_call(name: str) -> None:
    use = TABLE[name]
    if use.window:
        senders = {where for _, where in senders_in("gui")[name]}
        assert any(where == use.window or where.startswith(f"{use.window}.") for where in senders), senders
    if use.command:
        modules = {module for module, _ in senders_in("cli")[name]}
        assert modules & modules_of(use.command), (
            f"“inhouse {use.command}” does not send it; {modules or 'nobody'} does"
        )
    if use.api:
        modules = {module for module, _ in senders_in("api")[name]}
        assert any(module.endswith(f".{use.api}") for module in modules), modules


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_door_is_missing_only_for_a_reason_that_holds(name: str) -> None:
    use = TABLE[name]
    assert bool(use.why) == (not use.window or not use.command), "window and terminal, or the reason why not"
    sent = {door: bool(senders_in(door)[name]) for door in get_args(Door)}
    assert sent["gui"] == bool(use.window), "the window's part of this row is old"
    assert sent["cli"] == bool(use.command), "the terminal's part of this row is old"
    assert sent["api"] == bool(use.api), "the API's part of this row is old"


# --- who sends what ---------------------------------------------------------------------------------------------------


@cache
def senders_in(door: Door) -> dict[str, set[tuple[str, str]]]:
    """Call → (module, "Class.method") of everyone in a door's code who makes one."""
    found: dict[str, set[tuple[str, str]]] = {name: set() for name in CALLS}
    for path in sorted((ROOT / "app" / door).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = _names_said(tree)
        for made, where in _made_in(tree, ()):
            name = said.get(ast.unparse(made.func))
            if name is not None:
                found[name].add((module, ".".join(where)))
    return found


def _names_said(tree: ast.Module) -> dict[str, str]:
    """How this module writes each call: "TrainRun", or "c.TrainRun"."""
    said: dict[str, str] = {}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    for node in imports:
        for alias in node.names:
            whole, used = f"{node.module}.{alias.name}", alias.asname or alias.name
            if not whole.startswith(SAID_BY):
                continue
            if alias.name in CALLS:
                said[used] = alias.name
            else:  # a module of calls under a short name
                said |= {f"{used}.{name}": name for name in CALLS}
    return said


def _made_in(node: ast.AST, where: tuple[str, ...]) -> Iterator[tuple[ast.Call, tuple[str, ...]]]:
    """Everything that is called, with the names of the classes and functions around it."""
    for child in ast.iter_child_nodes(node):
        here = where
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            here = (*where, child.name)
        elif isinstance(child, ast.Call):
            yield child, where
        yield from _made_in(child, here)


@cache
def modules_of(command: str) -> set[str]:
    """The modules of a command: its own, and those of the terminal that it imports."""
    found: set[str] = set()
    waiting = [COMMANDS[command].__module__]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        tree = ast.parse((ROOT / Path(*module.split(".")).with_suffix(".py")).read_text(encoding="utf-8"))
        waiting += [
            node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app.cli.") and node.module
        ]
    return found
