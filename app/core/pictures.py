"""Pictures that go with a question: opened in the documents process, kept with the chat, handed out to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.core.calls import chats as c
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.errors import AppError
from app.models.servers import can_see
from app.pictures import MOST_AT_ONCE, MOST_BYTES, Picture, PictureFile
from app.types import InstalledModel
from app.workers.calls.attached import LoadPicture, PictureLoaded
from app.workers.message import Call

CANNOT_SEE = (
    "Choose a model that can, or attach the file: then the text in it is read, without the model. If its makers say "
    "that it sees, import the mmproj file of its repository too: it belongs to the model from then on."
)


def check_sees(model: InstalledModel) -> None:
    """Raises AppError where this model cannot be shown pictures."""
    if not can_see(model):
        raise AppError(f"“{model.name}” cannot see pictures.", CANNOT_SEE)


class Pictures:
    """Loads what a door names by its path; the core itself opens no picture."""

    def __init__(self, house: House, models: ModelsDesk, documents: DocumentsDesk) -> None:
        self._house, self._models, self._documents = house, models, documents

    @property
    def is_busy(self) -> bool:
        return False

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.ReadChatPicture: self._read, LoadPicture: self._documents.hand_on}

    def stop(self) -> None:
        """Nothing of it goes on by itself."""

    def load(
        self, files: Sequence[PictureFile], model_id: str, reply: Reply, then: Callable[[tuple[Picture, ...]], object]
    ) -> None:
        """Call `then` with the pictures of these files; what is wrong with one is told to `reply`.

        Raises:
            AppError: the model ("" the one in use) cannot see, or there are too many.
        """
        if not files:
            then(())
            return
        self._check(files, model_id)
        loaded: list[Picture] = []

        def took(data: PictureLoaded) -> None:
            if not reply.open:
                return
            picture = data.picture
            if len(picture.data) > MOST_BYTES:
                reply.failed(AppError(f"{picture.name} is too large.", "Save it smaller."))
                return
            loaded.append(picture)
            following()

        def following() -> None:
            if len(loaded) < len(files):
                file = files[len(loaded)]
                wanted = LoadPicture(path=file.path, page=file.page)
                self._documents.child.request(wanted, done=took, failed=reply.failed)
                return
            try:
                then(tuple(loaded))
            except AppError as error:
                reply.failed(error)

        following()

    def _check(self, files: Sequence[PictureFile], model_id: str) -> None:
        model = self._house.registry.find(model_id) if model_id else self._models.active
        if model is not None:
            check_sees(model)
        if len(files) > MOST_AT_ONCE:
            raise AppError(f"A question takes {MOST_AT_ONCE} pictures at most.", "Ask about fewer of them.")

    def _read(self, call: c.ReadChatPicture, reply: Reply) -> None:
        reply.done(PictureLoaded(picture=self._house.store.picture(call.picture_id)))
