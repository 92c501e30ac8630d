from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting import translations
from custom_components.texting.const import DOMAIN
from custom_components.texting.flows.forms import other_host
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, FlowType
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.simulator import Simulator
from tests.support.accounts import RECIPIENTS, account_data, new_entry
from tests.support.flows import (
    LOGIN_REFUSED,
    SECRETS,
    SENDER_INPUT,
    SITES,
    WRONG,
    account_input,
    begin,
    choices,
    is_added,
    opened,
    submit,
    submit_account,
    submit_recipient,
    suggested,
)
from tests.support.tls import Impostor

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)


async def test_the_menu_names_every_provider(hass: HomeAssistant, simulator: Simulator) -> None:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == {
        "textinghouse": "TextingHouse",
        "textiopro": "TextioPro",
        "club_texting": "Club Texting",
        "group_texting": "Group Texting",
        "thesmspoint": "TheSMSPoint",
        "route": "Route",
        "alert": "Alert",
    }
    assert result["description_placeholders"] == {
        "choices": "* **TextingHouse**: most countries, replies, delivery reports\n"
        "* **TextioPro**: most countries, replies, delivery reports\n"
        "* **Club Texting**: United States and Canada, replies\n"
        "* **Group Texting**: United States and Canada, replies\n"
        "* **TheSMSPoint**: India, delivery reports\n"
        "* **Route**: several accounts; if one fails, the next one sends\n"
        "* **Alert**: asks people, one after another, until somebody takes care"
    }


@EVERY_PROVIDER
async def test_from_the_menu_to_the_first_recipient(
    hass: HomeAssistant, simulator: Simulator, provider: Provider
) -> None:
    info = GATEWAYS[provider].info
    form = await begin(hass, provider)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, provider)
    assert opened(form) == set()
    assert form["description_placeholders"] == {"provider": info.name}

    result = await submit_account(hass, form, provider, account_input(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == info.name
    entry = result["result"]
    data = dict(entry.data)
    assert len(data.pop("webhook_id", "")) == (64 if info.uses_webhook else 0)
    expected = account_data(provider, simulator)
    expected.pop("webhook_id", None)
    assert data == expected
    assert entry.state is ConfigEntryState.LOADED

    kind, flow_id = result["next_flow"]
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    name, numbers = next(iter(RECIPIENTS[provider].items()))
    recipient = hass.config_entries.subentries.async_get(flow_id)
    assert is_added(await submit_recipient(hass, recipient, name=name, numbers=numbers))
    assert [(subentry.title, subentry.data["numbers"]) for subentry in entry.subentries.values()] == [(name, numbers)]
    assert hass.states.get(f"notify.{name.lower()}") is not None


@EVERY_PROVIDER
async def test_the_form_suggests_the_providers_own_hosts(
    hass: HomeAssistant, simulator: Simulator, provider: Provider
) -> None:
    form = await begin(hass, provider)
    assert form["data_schema"] is not None
    fields = {str(marker) for marker in form["data_schema"].schema}
    info = GATEWAYS[provider].info
    assert fields == {field.name for field in info.fields if not (field.advanced or field.step)} | {"advanced"}
    secret, _ = SECRETS[provider]
    filled = form["data_schema"](dict.fromkeys(fields - {"advanced", "country"}, "x") | {"advanced": {}})
    assert filled[secret] == "x"
    advanced = [field for field in info.fields if field.advanced]
    assert filled["advanced"] == {field.name: field.default for field in advanced if field.default}
    # A suggestion can be emptied, a default not.
    assert suggested(form) == {field.name: field.suggested for field in info.fields if field.suggested}
    addresses = {**filled["advanced"], **suggested(form)}
    assert all(value.startswith("https://") for name, value in addresses.items() if name.endswith("url"))


async def test_a_second_account_gets_a_number(hass: HomeAssistant, simulator: Simulator) -> None:
    for title in ("TextingHouse", "TextingHouse 2", "TextingHouse 3"):
        simulator.accounts["textinghouse"].user = title
        values = account_input(Provider.TEXTINGHOUSE, simulator, username=title)
        result = await submit(hass, await begin(hass, Provider.TEXTINGHOUSE), values)
        assert result["title"] == title


async def test_webhook_ids_differ(hass: HomeAssistant, simulator: Simulator) -> None:
    for user in ("one", "two"):
        simulator.accounts["club_texting"].user = user
        values = account_input(Provider.CLUB_TEXTING, simulator, username=user)
        await submit(hass, await begin(hass, Provider.CLUB_TEXTING), values)
    assert len({entry.data["webhook_id"] for entry in hass.config_entries.async_entries(DOMAIN)}) == 2


async def test_what_is_left_empty_is_not_kept(hass: HomeAssistant, simulator: Simulator) -> None:
    values = account_input(Provider.TEXTINGHOUSE, simulator, username=" demo ", sender="  ")
    result = await submit(hass, await begin(hass, Provider.TEXTINGHOUSE), values)
    assert result["data"]["username"] == "demo"
    assert "sender" not in result["data"]


# -- errors --------------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_wrong_credentials_then_right_ones(hass: HomeAssistant, simulator: Simulator, provider: Provider) -> None:
    secret, _ = SECRETS[provider]
    form = await begin(hass, provider)
    result = await submit(hass, form, account_input(provider, simulator, **{secret: WRONG}))
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, provider)
    assert result["errors"] == {"base": LOGIN_REFUSED[provider][1]}
    result = await submit_account(hass, result, provider, account_input(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@EVERY_PROVIDER
async def test_out_of_reach_then_back(hass: HomeAssistant, simulator: Simulator, provider: Provider) -> None:
    for site in SITES[provider]:
        await simulator.faults.refuse(site)
    result = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert result["errors"] == {"base": "cannot_connect"}
    await simulator.restore()
    result = await submit_account(hass, result, provider, account_input(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@EVERY_PROVIDER
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("html", "invalid_response"),
        ("http_error", "invalid_response"),
        ("empty", "invalid_response"),
        ("rate_limited", "rate_limited"),
        ("cut", "cannot_connect"),
    ],
)
async def test_a_bad_response_then_a_good_one(
    hass: HomeAssistant, simulator: Simulator, provider: Provider, fault: str, error: str
) -> None:
    for site in SITES[provider]:
        simulator.faults.add(site, fault, None)
    result = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert result["errors"] == {"base": error}
    await simulator.restore()
    result = await submit_account(hass, result, provider, account_input(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("variant", ["balance-unreadable", "balance-null", "balance-unlimited"])
async def test_any_balance_adds_an_account(hass: HomeAssistant, simulator: Simulator, variant: str) -> None:
    simulator.use_variant("textiopro", variant)
    result = await submit(hass, await begin(hass, Provider.TEXTIOPRO), account_input(Provider.TEXTIOPRO, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert result["result"].state is ConfigEntryState.LOADED


@EVERY_PROVIDER
async def test_an_unexpected_exception_is_logged(
    hass: HomeAssistant, simulator: Simulator, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    form = await begin(hass, provider)
    with patch.object(GATEWAYS[provider], "verify", side_effect=ZeroDivisionError):
        result = await submit(hass, form, account_input(provider, simulator))
    assert result["errors"] == {"base": "unknown"}
    assert "ZeroDivisionError" in caplog.text
    result = await submit_account(hass, result, provider, account_input(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("provider", "body", "logged"),
    [
        (Provider.TEXTINGHOUSE, "ERR: 100 | Missing parameter: cmd", "MessageRejected: 100"),
        (Provider.CLUB_TEXTING, "-99", "Declined: -99"),
    ],
)
async def test_a_refusal_without_a_name_is_logged(
    hass: HomeAssistant,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    provider: Provider,
    body: str,
    logged: str,
) -> None:
    simulator.faults.add(provider, "answer", body=body)
    form = await begin(hass, provider)
    result = await submit(hass, form, account_input(provider, simulator))
    assert result["errors"] == {"base": "unknown"}
    assert logged in caplog.text
    assert "Missing parameter" not in caplog.text


async def test_an_invalid_certificate(hass: HomeAssistant, simulator: Simulator, impostor: Impostor) -> None:
    values = account_input(Provider.GROUP_TEXTING, simulator, url=impostor.url)
    result = await submit(hass, await begin(hass, Provider.GROUP_TEXTING), values)
    assert result["errors"] == {"base": "certificate_invalid"}
    assert (impostor.visits, impostor.received) == (1, b"")


@EVERY_PROVIDER
@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.example.com",
        "gateway",
        "ftp://127.0.0.1",
        "https://",
        "https://[",
        "//",
        "https://user:password@gateway.example.com",
        "https://gateway.example.com/?key=1",
        "https://gateway.example.com/#top",
    ],
)
async def test_invalid_addresses(hass: HomeAssistant, simulator: Simulator, provider: Provider, url: str) -> None:
    result = await submit(hass, await begin(hass, provider), account_input(provider, simulator, url=url))
    assert result["errors"] == {"base": "invalid_url"}
    assert opened(result) == {"advanced"}
    assert not simulator.requests()
    result = await submit_account(hass, result, provider, account_input(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_backup_address_is_checked_as_well(hass: HomeAssistant, simulator: Simulator) -> None:
    values = account_input(Provider.TEXTINGHOUSE, simulator, backup_url="http://gateway.example.com")
    result = await submit(hass, await begin(hass, Provider.TEXTINGHOUSE), values)
    assert result["errors"] == {"base": "invalid_url"}


@EVERY_PROVIDER
@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_same_login_is_refused(
    hass: HomeAssistant, simulator: Simulator, provider: Provider, slash: str
) -> None:
    new_entry(provider, simulator).add_to_hass(hass)
    values = account_input(provider, simulator, url=simulator.url(provider) + slash)
    result = await submit(hass, await begin(hass, provider), values)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert not simulator.requests()


@EVERY_PROVIDER
async def test_the_same_login_at_another_address_is_another_account(
    hass: HomeAssistant, simulator: Simulator, provider: Provider
) -> None:
    elsewhere: MockConfigEntry = new_entry(provider, simulator, data={"url": "http://127.0.0.1:9"})
    elsewhere.add_to_hass(hass)
    result = await submit_account(hass, await begin(hass, provider), provider, account_input(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == f"{GATEWAYS[provider].info.name} 2"


@pytest.mark.parametrize(
    ("provider", "field", "wrong", "error"),
    [
        (Provider.TEXTINGHOUSE, "sender", "My Home", "invalid_sender"),
        (Provider.TEXTINGHOUSE, "sender", "+33612345678", "invalid_sender"),
        (Provider.TEXTIOPRO, "sender_id", "TwelveLetter", "invalid_sender_or_number"),
    ],
)
async def test_a_sender_the_provider_does_not_take(
    hass: HomeAssistant, simulator: Simulator, provider: Provider, field: str, wrong: str, error: str
) -> None:
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator, **{field: wrong}))
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {field: error})
    assert not simulator.requests()
    result = await submit(hass, form, account_input(provider, simulator, **{field: "Home"}))
    assert result["type"] is FlowResultType.CREATE_ENTRY


# -- another site of the same software -----------------------------------------------------------------------------


def elsewhere(simulator: Simulator, provider: Provider) -> str:
    """Return the simulator's address with a host name instead of an IP address."""
    return simulator.url(provider).replace("127.0.0.1", "localhost")


@EVERY_PROVIDER
@pytest.mark.usefixtures("localhost")
async def test_an_account_elsewhere_is_named_after_the_host(
    hass: HomeAssistant, simulator: Simulator, provider: Provider
) -> None:
    secret, kept_in = SECRETS[provider]
    for place, title in enumerate(("localhost", "localhost 2")):
        setattr(simulator.accounts[provider], kept_in, f"{place}|secret")
        fields = {secret: f"{place}|secret", "url": elsewhere(simulator, provider)}
        if "username" in GATEWAYS[provider].info.identity:
            simulator.accounts[provider].user = fields["username"] = f"user{place}"
        values = account_input(provider, simulator, **fields)
        result = await submit_account(hass, await begin(hass, provider), provider, values)
        assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, title)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://sms.example.com", "sms.example.com"),
        ("https://SMS.Example.com:8443/panel", "sms.example.com"),
        ("https://www.example.com", "example.com"),
        ("https://app.example.com", "example.com"),
        ("https://app.local", "app.local"),
        ("https://app.textiopro.com/", None),
        ("https://App.TextioPro.com", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::7]:8443", None),
    ],
)
def test_what_a_host_is_called(url: str, name: str | None) -> None:
    assert other_host(GATEWAYS[Provider.TEXTIOPRO].info, {"url": url}) == name


@pytest.mark.parametrize("provider", Provider)
def test_a_providers_own_hosts_give_no_name(provider: Provider) -> None:
    """The provider's own hosts include its backup server and its domain without a subdomain."""
    info = GATEWAYS[provider].info
    own = [field.default or field.suggested or "" for field in info.fields if field.name in ("url", "backup_url")]
    assert all(other_host(info, {"url": url}) is None for url in own)
    domain = own[0].removeprefix("https://").removeprefix("app.").removeprefix("api.")
    for host in (domain, f"www.{domain}", f"app.{domain}"):
        assert other_host(info, {"url": f"https://{host}"}) is None
    assert other_host(info, {"url": f"https://sms.{domain}"}) == f"sms.{domain}"
    assert other_host(info, {"url": f"https://{domain}.example.com"}) == f"{domain}.example.com"


# -- TheSMSPoint's second step -------------------------------------------------------------------------------------


async def test_the_sender_is_chosen_from_what_the_account_has(hass: HomeAssistant, simulator: Simulator) -> None:
    provider = Provider.THESMSPOINT
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert (form["step_id"], form["errors"]) == ("thesmspoint_sender", {})
    assert choices(form, "sender_id") == {"HOMEHA": "HOMEHA (Transactional)", "HOMEAD": "HOMEAD (Promotional, pending)"}
    assert choices(form, "template_id") == {
        "1107000000000000001": "Front door: “The front door is open.” (Transactional)",
        "1107000000000000002": "Any alert: “Home alert: {#var#}” (Transactional)",
        "1107000000000000003": "Water leak: “Water in the {#var#}.” (Transactional, not approved)",
        "1107000000000000004": f"Anything: “{'{#var#}' * 8}{{#v…” (Transactional)",
    }
    result = await submit(hass, form, SENDER_INPUT | {"channel": "3"})
    assert result["data"].items() >= (SENDER_INPUT | {"channel": "3"}).items()


async def test_pending_is_translated(
    hass: HomeAssistant, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def german(*_: object) -> dict[str, str]:
        options = "component.texting.selector.configure.options"
        return {f"{options}.pending": "wartet", f"{options}.not_approved": "nicht genehmigt"}

    provider = Provider.THESMSPOINT
    form = await begin(hass, provider)
    monkeypatch.setattr(translations, "async_get_translations", german)
    form = await submit(hass, form, account_input(provider, simulator))
    assert choices(form, "sender_id")["HOMEAD"] == "HOMEAD (Promotional, wartet)"


async def test_templates_are_named_by_their_beginning(hass: HomeAssistant, simulator: Simulator) -> None:
    rows = simulator.accounts["thesmspoint"].templates
    rows[0] |= {"name": "", "message": "One\n two\u202e " + "x" * 100}
    rows[1] |= {"name": "Bare", "message": "", "type": ""}
    rows[2] |= {"name": "**Bold** <img>" + "y" * 100, "template_status": "Rejected"}
    provider = Provider.THESMSPOINT
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    labels = list(choices(form, "template_id").values())
    assert labels[0] == f"“One two {'x' * 51}…” (Transactional)"
    assert labels[1] == "Bare"
    assert labels[2] == f"**Bold** <img>{'y' * 45}…: “Water in the {{#var#}}.” (Transactional, not approved)"


async def test_senders_can_be_chosen_if_templates_cannot_be_read(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.faults.add("thesmspoint", "html", path="get-templates")
    provider = Provider.THESMSPOINT
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert form["errors"] == {"base": "invalid_response"}
    assert set(choices(form, "sender_id")) == {"HOMEHA", "HOMEAD"}
    assert choices(form, "template_id") == {}


async def test_a_sender_without_a_type_is_shown_by_its_name(hass: HomeAssistant, simulator: Simulator) -> None:
    del simulator.accounts["thesmspoint"].senders[0]["type_value"]
    provider = Provider.THESMSPOINT
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert choices(form, "sender_id")["HOMEHA"] == "HOMEHA"


@pytest.mark.parametrize("command", ["get-sender-id", "get-templates"])
async def test_lists_that_cannot_be_read_leave_the_fields_open(
    hass: HomeAssistant, simulator: Simulator, command: str
) -> None:
    simulator.faults.add("thesmspoint", "html", path=command)
    provider = Provider.THESMSPOINT
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert (form["step_id"], form["errors"]) == ("thesmspoint_sender", {"base": "invalid_response"})
    own = {"sender_id": "MYHOME", "template_id": "1107999999999999999", "channel": "2"}
    result = await submit(hass, form, own)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"].items() >= own.items()


async def test_the_first_recipient_comes_with_a_note(hass: HomeAssistant, simulator: Simulator) -> None:
    """The account is added already. A user who closes the dialog now loses nothing."""
    provider = Provider.TEXTINGHOUSE
    values = account_input(provider, simulator)
    result = await submit_account(hass, await begin(hass, provider), provider, values)
    form = next(iter(hass.config_entries.subentries.async_progress()))
    (entry,) = hass.config_entries.async_entries("texting")
    shown = await hass.config_entries.subentries.async_configure(form["flow_id"])
    assert result["result"] is entry
    assert (shown["description_placeholders"] or {})["note"].startswith("What you entered so far is saved")
    await hass.config_entries.subentries.async_configure(form["flow_id"], {"name": "Anna", "number": "+33612345601"})
    later = await hass.config_entries.subentries.async_init((entry.entry_id, "recipient"), context={"source": "user"})
    assert (later["description_placeholders"] or {})["note"] == ""
