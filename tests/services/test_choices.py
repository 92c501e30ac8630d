"""The choices of a question: as YAML has them, and as the form gives them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.message import OPT_OUT_WORDS
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.services.choices import choices
from custom_components.texting.text.phrases import match_choice, parse_choices
from custom_components.texting.text.yes_no import YES_NO
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import selector
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.home import TRANSLATIONS, until
from tests.support.routes import ANNA

SERVICES = Path(__file__).parents[2] / "custom_components/texting/services.yaml"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"shut": ["1", "shut it"], "later": "in {minutes} minutes"},) * 2,
        (
            [{"id": "shut", "phrases": ["1", "shut it"]}, {"id": "later", "phrases": "in {minutes} minutes"}],
            {"shut": ["1", "shut it"], "later": ["in {minutes} minutes"]},
        ),
        ({1: 1, 2: [2, 2.5]}, {"1": ["1"], "2": ["2", "2.5"]}),
        ([{"id": 1, "phrases": 1}], {"1": ["1"]}),
        # A word of an opt-out within a phrase is none.
        ({"on": "go on", "off": ["stop it", "please cancel"]}, {"on": ["go on"], "off": ["stop it", "please cancel"]}),
        ([{"id": "stop", "phrases": "halt"}], {"stop": ["halt"]}),
        # The same phrase twice for one choice is no error.
        ({"go": ["Go", "go!"]}, {"go": ["Go", "go!"]}),
    ],
)
def test_mappings_and_rows_give_the_phrases_of_each_choice(value: Any, expected: Any) -> None:
    taken = choices(value)
    assert taken == {name: [phrases] if isinstance(phrases, str) else phrases for name, phrases in expected.items()}
    assert choices(taken) == taken
    for name, phrases in taken.items():
        for phrase in phrases:
            found = match_choice(parse_choices(taken), phrase.replace("{minutes}", "20"))
            assert found
            assert found.id == name


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ([], "there must be a choice"),
        ({}, "there must be a choice"),
        (None, "choices are IDs with their phrases"),
        ("yes", "choices are IDs with their phrases"),
        ([{"phrases": "go"}], "a choice needs an ID"),
        ([{"id": "", "phrases": "go"}], "a choice needs an ID"),
        ([{"id": "a"}], "a choice needs a phrase"),
        ([{"id": "a", "phrases": []}], "a choice needs a phrase"),
        ({"a": []}, "a choice needs a phrase"),
        ({"a": None}, "a choice needs a phrase"),
        ([{"id": "a", "phrases": "go"}, {"id": "a", "phrases": "run"}], "two choices have the same ID"),
        ({1: "go", "1": "run"}, "two choices have the same ID"),
        ({"a": "go", "b": ["run", "Go!"]}, "“Go!” stands for two choices"),
        ([{"id": "a", "phrases": "{x}"}, {"id": "b", "phrases": "{y}"}], "“{y}” stands for two choices"),
        ({"a": ["go", " "]}, "“ ” is no phrase"),
        ({"a": "{x} {x}"}, "“{x} {x}” is no phrase"),
        ({"a": "{x"}, "“{x” is no phrase"),
        ({"a": "{{ now() }}"}, "templates cannot be used here"),
        ([{"id": "{{ now() }}", "phrases": "go"}], "templates cannot be used here"),
        ([{"id": "a", "phrases": "go", "icon": "b"}], "icon"),
        (["go"], "expected a "),
        ({"a": {"b": "go"}}, "value should be a string"),
        ({"a": [None]}, "string value is None"),
    ],
)
def test_what_is_no_choice_is_refused_with_the_reason(value: Any, wrong: str) -> None:
    with pytest.raises(vol.Invalid) as caught:
        choices(value)
    assert wrong in str(caught.value)


@pytest.mark.parametrize(
    "written", ["{shut: yes}", "{yes: go}", "[{id: no, phrases: go}]", "[{id: a, phrases: [go, on]}]"]
)
def test_yes_and_no_of_yaml_need_quotes(written: str) -> None:
    with pytest.raises(vol.Invalid, match="put it in quotes"):
        choices(parse_yaml(written))


@pytest.mark.parametrize("word", [*sorted(OPT_OUT_WORDS), "Stop!", "Arrêt", " STOP  ALL. "])
def test_a_word_that_opts_out_can_be_no_reply(word: str) -> None:
    """Such a text never reaches a question."""
    for value in ({"on": "go", "off": ["1", word]}, [{"id": "off", "phrases": word}]):
        with pytest.raises(vol.Invalid) as caught:
            choices(value)
        assert f"“{word}” opts a person out of all texts" in str(caught.value)


@pytest.mark.parametrize("language", YES_NO)
def test_yes_and_no_of_every_language_can_be_choices(language: str) -> None:
    yes, no = YES_NO[language]
    assert choices({"yes": list(yes), "no": list(no)}) == {"yes": list(yes), "no": list(no)}


async def test_the_form_gives_rows(hass: HomeAssistant) -> None:
    described: dict[str, Any] = await hass.async_add_executor_job(load_yaml_dict, str(SERVICES))
    field = described["ask"]["fields"]["choices"]
    rows = [{"id": "shut", "phrases": ["1", "shut it"]}, {"id": "ignore", "phrases": ["2"]}]
    form: Any = selector(field["selector"])
    assert form(rows) == rows
    assert choices(rows) == {"shut": ["1", "shut it"], "ignore": ["2"]}
    # What the form shows of a row is among its fields, and each field has a name.
    shown = field["selector"]["object"]
    assert {shown["label_field"], shown["description_field"]} == set(shown["fields"])
    assert set(TRANSLATIONS["selector"][shown["translation_key"]]["fields"]) == set(shown["fields"])
    for row in ({"id": "shut"}, {"phrases": ["1"]}, {"id": "shut", "phrases": ["1"], "more": 1}):
        with pytest.raises(vol.Invalid):
            form([row])
    example = parse_yaml(str(field["example"]))
    assert form(example) == example
    assert set(choices(example)) == {"shut", "later"}


async def test_rows_are_the_choices_of_a_question(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(Provider.TEXTINGHOUSE))
    fields: dict[str, Any] = {"entity_id": "notify.anna", "question": "Shut the water off?"}
    rows = [{"id": "shut", "phrases": ["1", "shut it"]}, {"id": "later", "phrases": ["in {minutes} minutes"]}]
    action = hass.services.async_call(DOMAIN, "ask", {**fields, "choices": rows}, blocking=True, return_response=True)
    asked = asyncio.create_task(action)
    await until(lambda: len(simulator.messages()) == 1)
    await simulator.answer(ANNA, "In 20 minutes", "textinghouse")
    said = await asked
    assert said
    assert (said["choice"], said["slots"]) == ("later", {"minutes": "20"})
    refused = {**fields, "choices": [{"id": "shut", "phrases": ["stop"]}]}
    with pytest.raises(vol.Invalid, match="“stop” opts a person out"):
        await hass.services.async_call(DOMAIN, "ask", refused, blocking=True, return_response=True)
    assert len(simulator.messages()) == 1
