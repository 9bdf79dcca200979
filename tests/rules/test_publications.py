"""What an act that publishes is called."""

import pytest

from app.records.entries import CLASSES
from app.rules.publications import CALLED_AFTER, PublicationKind, called, telling


def test_every_kind_of_entry_that_publishes_tells_what_its_act_was() -> None:
    kinds = {cls.KIND for cls in CLASSES if cls.PUBLISHES}

    assert set(CALLED_AFTER) == kinds
    assert set(CALLED_AFTER.values()) == set(PublicationKind) - {PublicationKind.REVOCATION}


@pytest.mark.parametrize(
    ("kinds", "data", "word"),
    [
        (["approval.ended", "decision.published"], {}, "announcement"),
        (["approval.resumed", "decision.corrected"], {}, "correction"),
        (["decision.published", "decision.corrected"], {"basis": "stated"}, "history_import"),
        (["declaration.made"], {"basis": "stated"}, "history_import"),
        (["decision.published", "total.reported"], {}, "history_import"),
        (["approval.ended", "organisation.changed"], {}, "organisations_import"),
        (["approval.promoted", "condition.met"], {}, "condition"),
        (["approval.ended", "condition.lapsed"], {}, "condition"),
        (["approval.started", "agreement.signed"], {}, "agreement"),
        (["approval.ended", "approval.started"], {"dueAt": "2015-04-01T00:00:00Z"}, "start"),
        (["approval.ending"], {"endedBy": "revoked"}, "revocation"),
        (["approval.ended"], {"endedBy": "revoked", "dueAt": "2015-07-01T00:00:00Z"}, "end"),
        (["approval.ended"], {"endedBy": "notice", "dueAt": "2015-04-01T00:00:00Z"}, "end"),
    ],
)
def test_an_act_is_called_after_what_the_rest_of_it_follows_from(
    kinds: list[str], data: dict[str, str], word: str
) -> None:
    assert called(telling(kinds), data) == word
