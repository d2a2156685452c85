"""How a run of a Word file looks, as far as that decides whether anybody sees it: styles, theme and shading."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from app.documents.loaders.docx_package import Package, W, flag, number, value
from app.documents.loaders.hidden import Colour, alike, rgb
from app.text.hidden import HiddenKind

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_TINY = 5  # half-points: smaller than any print, so only meant for machines
_NARROW = 10  # percent of a letter's width
WHITE: Colour = (255, 255, 255)
_THEME = {
    "background1": "lt1", "light1": "lt1", "text1": "dk1", "dark1": "dk1",
    "background2": "lt2", "light2": "lt2", "text2": "dk2", "dark2": "dk2",
    "hyperlink": "hlink", "followedHyperlink": "folHlink",
}  # fmt: skip
_HIGHLIGHTS = {
    "black": "000000", "blue": "0000FF", "cyan": "00FFFF", "green": "00FF00", "magenta": "FF00FF", "red": "FF0000",
    "yellow": "FFFF00", "white": "FFFFFF", "darkBlue": "000080", "darkCyan": "008080", "darkGreen": "008000",
    "darkMagenta": "800080", "darkRed": "800000", "darkYellow": "808000", "darkGray": "808080", "lightGray": "C0C0C0",
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What runs and styles say; None: nothing, so that it is inherited."""

    vanish: bool | None = None
    size: int | None = None  # half-points
    width: int | None = None  # percent
    ink: Colour | None = None
    automatic: bool = False  # black or white, whichever can be read
    ground: Colour | None = None

    def over(self, base: Look) -> Look:
        """This look where it says something, else the other."""
        own_ink = self.ink is not None or self.automatic
        return Look(
            base.vanish if self.vanish is None else self.vanish,
            base.size if self.size is None else self.size,
            base.width if self.width is None else self.width,
            self.ink if own_ink else base.ink,
            self.automatic if own_ink else base.automatic,
            self.ground or base.ground,
        )

    def hidden_on(self, ground: Colour | None) -> HiddenKind | None:
        """Why nobody sees this text; `ground` is what lies behind it, None where that is not known."""
        if self.vanish:
            return "vanish"
        if (self.size is not None and self.size <= _TINY) or (self.width is not None and self.width <= _NARROW):
            return "tiny"
        ground = self.ground or ground
        return "colour" if self.ink is not None and ground is not None and alike(self.ink, ground) else None


class Theme:
    """The document's colours by name."""

    def __init__(self, package: Package) -> None:
        self._colours: dict[str, Colour] = {"lt1": WHITE, "dk1": (0, 0, 0)}
        root = package.related("/theme")
        scheme = root.find(f"{_A}themeElements/{_A}clrScheme") if root is not None else None
        for named in scheme if scheme is not None else ():
            for colour in named:
                if found := rgb(colour.get("lastClr") or colour.get("val") or ""):
                    self._colours[named.tag.removeprefix(_A)] = found

    def look(self, properties: Element | None) -> Look:
        """What run properties say."""
        if properties is None:
            return Look()
        colour = properties.find(W + "color")
        ink = self._colour(colour, "val", "theme") if colour is not None else None
        size, width = number(value(properties, "sz"), 0), number(value(properties, "w"), 0)
        highlight = rgb(_HIGHLIGHTS.get(value(properties, "highlight"), ""))
        return Look(
            flag(properties, "vanish"),
            size or None,
            width or None,
            ink,
            colour is not None and ink is None,
            highlight or self.ground(properties),
        )

    def ground(self, properties: Element | None) -> Colour | None:
        """The shading of a run, a paragraph or a cell."""
        shading = properties.find(W + "shd") if properties is not None else None
        if shading is None:
            return None
        if shading.get(W + "val") == "solid":
            return self._colour(shading, "color", "theme")
        return self._colour(shading, "fill", "themeFill")

    def _colour(self, element: Element, plain: str, theme: str) -> Colour | None:
        name = element.get(f"{W}{theme}Color" if theme == "theme" else W + theme, "")
        found = self._colours.get(_THEME.get(name, name))
        if found is None:
            return rgb(element.get(W + plain, ""))
        tint, shade = element.get(f"{W}{theme}Tint", ""), element.get(f"{W}{theme}Shade", "")
        for text, towards in ((tint, 255), (shade, 0)):
            if rgb(f"{text}0000"):
                share = int(text, 16) / 255
                red, green, blue = (round(each * share + towards * (1 - share)) for each in found)
                found = red, green, blue
        return found


def page_ground(package: Package, root: Element) -> Colour:
    """The colour of the paper: white, unless another is set and shown."""
    background = root.find(W + "background")
    settings = package.related("/settings")
    if background is None or not flag(settings, "displayBackgroundShape"):
        return WHITE
    return rgb(background.get(W + "color", "")) or WHITE
