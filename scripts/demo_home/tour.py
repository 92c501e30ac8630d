"""The tour that the demo prints: where to look, what to try, and providers for an account of one's own."""

from collections.abc import Mapping, Sequence

from scripts.demo_home.accounts import PEOPLE, Account
from tests.simulator import Simulator
from tests.simulator.__main__ import CREDENTIALS
from tests.simulator.messages import TITLES
from tests.simulator.terminal import Person

# Who gets a text as soon as the demo runs, so that this phone has something to reply to.
WELCOMED = "Anna"
WELCOME = f"Welcome, {WELCOMED}. This is your home. Reply to me!"
# What a phone can reply before anybody has pressed anything.
FIRST_LINE = f"{WELCOMED}: I am on my way"
# Its text never arrives.
UNREACHABLE = "+33 6 12 34 00 04"

TOUR = """
  Open      {address}
  Sign in   username {user}, password {password}

{people}

  The tour
  1. Reply as {welcomed}, who got the text above. Type here:
       {first_line}
  2. Send a text. On the dashboard, open Try it, and press Send. The text appears here.
  3. Raise an alert. On Try it, press Water in the cellar. The first page shows it in red until somebody takes it.
     Anna is asked first. After a minute, or at once if she replies NO, Ben and Clara are asked. To take it, type here:
       Anna: OK
     Press Water in the cellar once more: the cellar is dry again, and some seconds later all hear so.
  4. Let Anna opt out. The dashboard's first page says so in red, until she texts START. Type here:
       Anna: STOP
       Anna: START
  5. Let a text fail. Open Settings > Devices & services > Texting (SMS), press the gear beside Ben, and change
     his number to {unreachable}. Send him a text from Try it. The dashboard's first page says why it failed.
  6. Add an account. Open Settings > Devices & services > Add integration, search for sms, and choose one of these
     providers. The address goes into Advanced. There, empty the backup address of TextingHouse. So that replies
     arrive, press the gear of the new account, copy the address from Receive replies, and type here, for example:
       TextingHouse: http://...

{providers}

  The texts of all phones appear here. Type help to see what you can type, and press Ctrl-C to stop everything.
"""


def people() -> Mapping[str, Person]:
    """Return those whose phones reply by name."""
    return {name: Person(number, provider) for provider, names in PEOPLE.items() for name, number in names.items()}


def tour(address: str, login: tuple[str, str], accounts: Sequence[Account], spare: Simulator) -> str:
    """Return the whole tour. address is the dashboard's. The providers of `spare` have no account in the demo."""
    user, password = login
    return TOUR.format(
        address=address,
        user=user,
        password=password,
        people="\n".join(f"  {account.title:<14} texts {', '.join(account.people)}" for account in accounts),
        welcomed=WELCOMED,
        first_line=FIRST_LINE,
        unreachable=UNREACHABLE,
        providers="\n".join(f"  {title:<14} {spare.url(key)}   {CREDENTIALS[key]}" for key, title in TITLES.items()),
    )
