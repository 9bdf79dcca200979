"""Who applies, what is decided and what moves on in the replay of 2015 to 2022.

The bodies, their days and their mergers are those of the register's own files. Everything else is made up for a test.
"""

from datetime import date
from typing import NamedTuple


class Asked(NamedTuple):
    """One application, and what the panel says of each of its members."""

    round_id: str
    level: str
    outcome: str
    members: tuple[str, ...]


class Taken(NamedTuple):
    """What NHS England lets a body have that opens by a merger, and why."""

    level: str
    reason: str | None
    agreement: str | None = "novated"


def _asked(text: str) -> list[Asked]:
    """One line an application; a hash begins a remark."""
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return [Asked(round_id, level, outcome, tuple(codes)) for round_id, level, outcome, *codes in filter(None, lines)]


APPLICATIONS = _asked("""
2015-16 delegated approved    00F 00G 00H              # 13T: granted for the day on which it opens itself
2015-16 joint     approved    00W 01M 01N              # 14L: all joint
2015-16 delegated approved    02V 03C 03G              # 15F: all delegated
2015-16 delegated approved    13P 04X                  # 15E: mixed
2015-16 joint     approved    05P
2015-16 joint     approved    10Y 10H                  # 14Y: joint, and delegated a year later
2016-17 delegated approved    10Y 10H
2016-17 delegated approved    10M 10N 10W              # 15A: 11D never applies
2015-16 delegated approved    10G 10T 11C              # 15D: all delegated, and on into D4U1Y
2015-16 delegated approved    11H 12A                  # 15C: 11T never meets its condition
2015-16 delegated conditional 11T
2016-17 joint     approved    03X 03Y 04J 04R          # 15M: all joint
2016-17 delegated approved    99P 99Q                  # 15N: confirmed late
2015-16 delegated approved    00C 00K 00M              # 16C: all delegated
2016-17 joint     approved    05F 05J 05T 06D          # 18C: all joint
2017-18 delegated approved    06M 06V 06W 06Y          # 26A: 07J was rejected
2017-18 delegated rejected    07J
2015-16 delegated approved    02R 02W                  # 36J: 02N follows at the last round
2019-20 delegated approved    02N
2016-17 joint     approved    07V 08J 08P 08R 08T 08X  # 36L: joint, and delegated two years later
2018-19 delegated approved    07V 08J 08P 08R 08T 08X
2018-19 delegated approved    03D 03E 03M              # 42D: the agreement is signed anew
2017-18 delegated approved    04E 04H 04K 04L 04M 04N  # 52R: NHS England takes less than proposed
2015-16 delegated approved    09G 09H 09X              # 70F: 09X never signs
2019-20 delegated conditional 03T 04D 04Q 99D          # 71E: the condition is open, and moves on
2015-16 joint     approved    07N 07Q 08A 08K 08L 08Q  # 72Q: all joint
2018-19 delegated approved    03V                      # 78H: mixed
2018-19 joint     approved    04G
2016-17 delegated approved    00D 00J                  # 84H: both give notice to the eve
2016-17 delegated approved    09C 09E 09J 09W 10A 10D 10E 99J
2017-18 delegated conditional 11E 12D 99N              # 92G: they meet their condition in time
2018-19 delegated approved    07M 07R 07X 08D 08H      # 93C: that of 07M is revoked to the eve
2017-18 delegated downgraded_to_joint 09F 09P 99K      # 97R: asked for delegated, were granted joint
2018-19 delegated approved    07L 08F 08M 08N 08V 08W  # A3A8R: 07T follows in the last round
2020-21 delegated approved    07T
2015-16 joint     approved    05A 05H 05R              # B2M3M: all joint; 05A has delegated ahead, on a condition
2019-20 delegated conditional 05A
2019-20 delegated approved    05C 05L 05Y 06A          # D2P2L: all delegated
2017-18 delegated approved    10C 99M                  # D4U1Y: beside 15D, which opened by a merger itself
2018-19 delegated approved    10J                      # D9Y0V: mixed
2018-19 joint     approved    10K 10L 10V 10X 11A
2017-18 delegated approved    04F 06F 06P              # M1J4Y: 04F gives notice to the eve
2019-20 delegated approved    05N 05X                  # M2L0M: confirmed late
2015-16 delegated rejected    07P 07W 07Y 08C 08E 08G 08Y 09A
2016-17 joint     approved    07P 07W 07Y 08C 08E 08G 08Y 09A  # W2U3Z: rejected, and joint a year later
2015-16 delegated approved    00L                      # bodies that never merge
2021-22 delegated approved    01A
2015-16 joint     approved    03F
2016-17 delegated conditional 11J
""")
# What those keep for themselves of which nothing is said here: 27D, 92A, X2C4Y held nothing.
NEVER_SIGNED = {"09X"}
# On which day the last day of a grant was said to be the eve of the merger.
NOTICE = {"00D": date(2019, 9, 2), "00J": date(2019, 9, 2), "04F": date(2020, 9, 2)}
REVOKED = {"07M": date(2019, 9, 2)}
# On which day the condition of a body is met.
MET = {
    **dict.fromkeys(("11E", "12D", "99N"), date(2017, 9, 1)),
    "11J": date(2018, 9, 3),
    "71E": date(2020, 9, 1),
}
# What moves on if it is not just what all held, novated.
TAKEN = {
    "13T": Taken("delegated", "All three were granted it for this day."),
    "15A": Taken("delegated", "Wokingham takes part from now on."),
    "15C": Taken("joint", "One of the three has not met its condition."),
    "15E": Taken("delegated", "All three agreed to delegated."),
    "26A": Taken("delegated", "What was wanting in one of the five is mended."),
    "42D": Taken("delegated", None, "awaited"),
    "52R": Taken("joint", "The new body has no finance director yet."),
    "70F": Taken("delegated", "The third of them agrees to what the two hold."),
    "71E": Taken("delegated", "Once the condition is met."),
    "78H": Taken("joint", "Joint is what both are used to."),
    "93C": Taken("delegated", "The new body stands on its own feet."),
    "D9Y0V": Taken("joint", "Five of the six are joint."),
    "M1J4Y": Taken("delegated", "Luton takes part again."),
}
LATE = {"15N", "M2L0M"}
