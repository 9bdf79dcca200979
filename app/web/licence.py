"""The licence for what the register publishes, and the owners of the information in it."""

from pydantic import computed_field

from app.web.documents import Out

NAME = "Open Government Licence v3.0"
ADDRESS = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
SOURCES = ("NHS Digital Organisation Data Service", "Office for National Statistics")
ATTRIBUTION = f"Contains public sector information licensed under the {NAME} ({'; '.join(SOURCES)})."


class LicenceOut(Out):
    """A licence: its name, and where it can be read."""

    name: str
    href: str


class PublicListOut(Out):
    """A public list. It states its own licence, because people pass it on without its headers."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def licence(self) -> LicenceOut:
        """The licence under which everybody may use the list."""
        return LicenceOut(name=NAME, href=ADDRESS)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def attribution(self) -> str:
        """What users of the list must say about its sources."""
        return ATTRIBUTION
