"""What OWASP's ASVS 5.0 asks of a desk like this, in forty lines; `./run test -m asvs` runs the tests that prove them.

A test says which line it proves by `@pytest.mark.asvs(7)`.
"""

import re
from pathlib import Path

import pytest

LINES = """\
1 All that is drawn is escaped, and no template can switch that off (1.2.1, 1.3.7)
2 Whatever is typed is shown as it was, on pages, in fragments and to programs (3.2.2)
3 Every answer carries the whole content security policy (3.4.3, 3.4.6)
4 No template holds code or styles, and the browser refuses nothing of ours
5 Nothing is sniffed, referrers stay on this site, https stays https (3.4.1, 3.4.4)
6 Only exact origins that an administrator named may frame the desk
7 The seat's cookie is bound to this host, to https, and out of reach of scripts (3.3)
8 A sign-in makes a new seat; a planted one is worth nothing (7.2.4)
9 Signing out, a changed password and a closed account end every seat at the next request (7.4.1, 7.4.3, 8.3.2)
10 A seat ends when it is idle, and at its longest time (7.3.1)
11 Guesses are counted by account and address across processes; nobody's name is given away (6.3.1)
12 Passwords are long, not the usual ones, and kept by argon2id (6.2.1, 6.2.4, 11.4.2)
13 OpenID Connect
14 No change without the token of our own page, from another site, or by GET (3.5.1, 3.5.3)
15 Every route says who may use it, or the desk does not start (8.2.1)
16 Nobody reaches by number what their role or their name does not cover (8.2.2)
17 No field decides what is not the sender's: price, role, team, state (8.2.3, 15.3.3)
18 Nobody approves or agrees to their own (2.3.5)
19 Limits hold under many processes, on both engines (2.3.3, 2.3.4, 15.4.2)
20 What spends or makes something has a key, and the same key is one act
21 What was shown is what counts: a price that moved is a conflict
22 Nothing is proposed that could not be given
23 What is sent has a longest length (5.2.1)
24 A picture is what its bytes say, whatever it is called (5.2.2, 5.3.2)
25 Archives
26 A file with a quote that never closes loses no line in silence
27 No cell of a file begins a formula (1.2.10)
28 A name that runs the other way turns nothing beside it
29 Calls go out to the address that was set, follow nothing and read no answer without end (1.3.6)
30 Calls that come in are signed, fresh, and count once
31 Secrets are long, in no print, and a changed one is noticed (13.3.1)
32 Forwarded headers and foreign host names count for nothing (4.1.3)
33 No page is kept by a browser or a proxy (14.2.2, 14.3.2)
34 Nothing personal in addresses, logs and metrics (14.2.1, 16.2.5)
35 A fault shows a sentence and tells nothing (16.5.1)
36 Nothing that is sent forges a line of the log, and refusals are in it (16.3.2, 16.4.1)
37 What is changed in the books is found (16.4.2)
38 Who is erased is gone from everywhere
39 Messages between frames are believed from one origin only, and sent to it only (3.5.5)
40 Libraries are pinned by hash, and nothing is fetched at run time
"""
NOT_HERE = {13: "people sign in by password and PIN; there is no OpenID Connect", 25: "no archive is ever unpacked"}
MARK = re.compile(r"^@pytest\.mark\.asvs\((\d+)\)$", re.MULTILINE)


@pytest.mark.parametrize("line", LINES.splitlines())
def test_each_line_is_proved_by_a_test(line):
    number = int(line.split()[0])
    proved = {
        int(found) for path in Path(__file__).parent.rglob("test_*.py") for found in MARK.findall(path.read_text())
    }
    assert (number in proved) != (number in NOT_HERE), line
