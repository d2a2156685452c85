"""Which build of llama.cpp runs what, as every door asks for it; and what is done where one does not run."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import llama_cpp
import msgspec
import pytest
from core_world import CoreWorld, TestDoor

from app.core.calls.models import LoadEngine
from app.core.calls.runtimes import ChooseRuntime, RemoveRuntime, RuntimesChanged, RuntimesShown, ShowRuntimes
from app.core.calls.runtimes import TestRuntime as TryIt
from app.core.process import ChildProcess
from app.errors import AppError
from app.llama import planner
from app.paths import Home
from app.runtimes import BUILT_IN, LIBRARIES, MANIFEST, Chosen, Device, Runtime, environment, note_failure, read_chosen
from app.types import ModelInfo
from app.workers.calls.engine import Count, Load, Loaded
from app.workers.calls.runtimes import AddRuntime, RuntimeAdded, RuntimeTried, TryRuntime
from app.workers.message import WorkerRole

SEEN = RuntimeTried(
    version="1",
    backends=("CUDA", "CPU"),
    devices=(Device(kind="CUDA", name="RTX", is_gpu=True, free=1, total=2),),
    text="Paris",
    gpu=True,
)
INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=1,
)  # fmt: skip
LOST = "libcuda.so.1: cannot open shared object file: No such file or directory"


def add_runtime(place: Home, runtime_id: str = "cuda-1") -> Runtime:
    """As one that was brought in lies there."""
    runtime = Runtime(id=runtime_id, name="CUDA 1", backends=("CUDA", "CPU"), version="1", bytes=1)
    folder = place.runtimes / runtime_id
    (folder / LIBRARIES).mkdir(parents=True)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(runtime))
    return runtime


def choose(world: CoreWorld, door: TestDoor, answer: RuntimeTried | AppError = SEEN) -> int:
    key = door.call(ChooseRuntime(role="engine", id="CUDA 1"))
    trial = world.last("models").last(TryRuntime)
    assert trial.call.id == "cuda-1" and trial.call.model  # it has to write a token
    if isinstance(answer, AppError):
        trial.fail(answer)
    else:
        trial.finish(answer)
    return key


def test_one_that_cannot_write_a_token_is_not_used() -> None:
    world = CoreWorld()
    add_runtime(world.home)
    door = world.door()
    key = choose(world, door, AppError("This runtime crashes."))
    end = door.end(key)
    assert end is not None and end.error is not None
    assert read_chosen(world.home)["engine"] == Chosen()
    shown = door.result(choose(world, door))
    assert shown.chosen["engine"] == Chosen(id="cuda-1") and "RTX (CUDA)" in shown.why
    assert any(isinstance(event, RuntimesChanged) for event in door.events())
    assert environment(world.home, "engine")
    assert world.core.models.list.fits.gpus == (planner.Device("RTX", "gpu", 2, 1),), "models are planned for it"
    refused = door.end(door.call(RemoveRuntime(id="cuda-1")))
    assert refused is not None and refused.error is not None and "in use" in refused.error.message


def test_a_process_that_does_not_start_leaves_its_runtime_and_says_so(expected_warnings: list[str]) -> None:
    expected_warnings.append("does not run on")
    world = CoreWorld()
    add_runtime(world.home)
    door = world.door()
    choose(world, door)
    fall_back = world.core.runtimes.fall_back
    assert not fall_back("models", False, 0, LOST) and not fall_back("documents", False, 0, LOST)  # on the built-in one
    assert fall_back("engine", False, 0, LOST)
    assert not fall_back("engine", False, 0, LOST)  # the built-in one ended: no runtime is to blame
    told = [event for event in door.events() if isinstance(event, RuntimesChanged)][-1].shown
    assert told.problems == (
        "Chats do not run on “CUDA 1”: This runtime needs NVIDIA’s driver, which is not on this computer. "
        "The built-in one is used.",
    )
    assert environment(world.home, "engine") == {}
    later = world.door()
    assert told.problems[0] in later.frames[0].data.notes  # type: ignore[union-attr]
    assert door.result(choose(world, door)).problems == ()  # chosen again, it is tried again


def test_one_that_works_may_end_once_and_one_that_never_loaded_a_model_may_not(expected_warnings: list[str]) -> None:
    expected_warnings.append("does not run on")
    world = CoreWorld()
    add_runtime(world.home)
    door = world.door()
    choose(world, door)
    assert world.core.runtimes.fall_back("engine", True, 0, "")
    choose(world, door)
    world.core.models.engine_ready.emit(None)  # type: ignore[arg-type]
    assert not world.core.runtimes.fall_back("engine", True, 0, "")
    assert world.core.runtimes.fall_back("engine", True, 1, "")


def test_a_runtime_for_cards_that_sees_none_is_told() -> None:
    """It loads and computes on the processor, and where its driver is gone it does not even name its backend."""
    world = CoreWorld()
    add_runtime(world.home)
    door = world.door()
    choose(world, door)
    door.result(door.call(LoadEngine()))
    engine = world.engine
    engine.set_state("ready")
    engine.ready.emit(None)
    processor = Device(kind="CPU", name="A processor", is_gpu=False, free=8, total=16)
    engine.last(Load).finish(Loaded(info=INFO, devices=(processor,)))
    told = [event for event in door.events() if isinstance(event, RuntimesChanged)][-1].shown
    assert told.problems == ("Chats run on the processor: “CUDA 1” sees no graphics card that it can use.",)
    key = door.call(ShowRuntimes(look=True))
    blind = RuntimeTried(version="1", backends=("CPU",), devices=(processor,))
    world.last("models").last(TryRuntime).finish(blind)
    assert "This build is for CUDA, and sees no card" in door.result(key).why
    engine.ready.emit(None)  # its process was started anew, and the driver is there now
    engine.last(Load).finish(Loaded(info=INFO, devices=(processor, *SEEN.devices)))
    assert door.result(door.call(ShowRuntimes())).problems == ()


def test_what_failed_is_tried_again_when_the_computer_was_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    world = CoreWorld()
    add_runtime(world.home)
    choose(world, world.door())
    note_failure(world.home, "engine", "It broke.")
    door = CoreWorld(world.home).door()
    assert door.result(door.call(ShowRuntimes())).problems  # a crash at each command would help nobody
    monkeypatch.setattr("psutil.boot_time", lambda: time.time() + 1)
    door = CoreWorld(world.home).door()
    shown = door.result(door.call(ShowRuntimes()))
    assert isinstance(shown, RuntimesShown) and shown.problems == ()
    assert environment(world.home, "engine")


def test_a_look_at_one_that_does_not_load_any_more_leaves_it() -> None:
    world = CoreWorld()
    add_runtime(world.home)
    door = world.door()
    choose(world, door)
    key = door.call(ShowRuntimes(look=True))
    world.last("models").last(TryRuntime).fail(AppError("This runtime needs NVIDIA’s driver."))
    assert world.last("models").last(TryRuntime).call == TryRuntime(id=BUILT_IN)
    world.last("models").last(TryRuntime).finish(SEEN)
    assert "NVIDIA’s driver. The built-in" in door.result(key).problems[0]


def test_devices_are_looked_at_in_a_process_of_their_own() -> None:
    world = CoreWorld()
    door = world.door()
    assert door.result(door.call(ShowRuntimes())).devices == ()
    key = door.call(ShowRuntimes(look=True))
    trial = world.last("models").last(TryRuntime)
    assert trial.call == TryRuntime(id=BUILT_IN)
    trial.finish(SEEN)
    assert door.result(key).devices == SEEN.devices
    key = door.call(TryIt())
    world.last("models").last(TryRuntime).finish(SEEN)
    assert door.result(key) == SEEN
    key = door.call(AddRuntime(path="/x.zip"))
    world.last("models").last(AddRuntime).finish(RuntimeAdded(runtime=add_runtime(world.home)))
    assert door.result(key).runtime.id == "cuda-1"


@pytest.mark.real
def test_a_question_survives_a_runtime_that_does_not_load(tmp_path: Path) -> None:
    """A real engine on libraries that are broken: the next one runs on those that come along, and answers."""
    place = Home(tmp_path)
    add_runtime(place)
    libraries = place.runtimes / "cuda-1" / LIBRARIES
    shutil.copy(Path(llama_cpp.__file__).parent / "lib" / "libggml.so", libraries / "libllama.so")
    place.runtimes_file.write_text('{"engine": {"id": "cuda-1"}}')
    ends: list[tuple[WorkerRole, bool, int, str]] = []

    def fall_back(role: WorkerRole, begun: bool, count: int, lines: str) -> bool:
        ends.append((role, begun, count, lines))
        note_failure(place, "engine", "It does not load.")
        return True

    async def ask() -> AppError:
        child = ChildProcess("engine", place, fall_back=fall_back)
        said: asyncio.Future[AppError] = asyncio.get_running_loop().create_future()
        child.request(Count(), done=lambda _: None, failed=said.set_result)
        try:
            return await asyncio.wait_for(said, 120)
        finally:
            child.stop()
            await child.wait_gone()

    error = asyncio.run(ask())
    assert error.message == "No model is loaded."  # the engine's own word: it runs
    assert [end[:3] for end in ends] == [("engine", False, 0)]
