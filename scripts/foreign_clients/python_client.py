"""Drive one client of PyPI: python python_client.py NAME URL TOKEN NUMBER TEXT. It needs nothing but the client.

It prints a line of JSON for each step: its name, and what came back or the error. The client's address is replaced in
memory. Connections to other machines are refused.
"""

from collections.abc import Callable, Iterator
from importlib import import_module, metadata
import json
import socket
import sys
from typing import Any

SENDER = "HOMEHA"
type Step = tuple[str, Callable[[], Any]]


def txtmsg(url: str, token: str, number: str, text: str) -> Iterator[Step]:
    """txtmsg-sdk takes the address as an argument, and covers nearly everything."""
    client = import_module("txtmsg").TxtmsgClient(token, base_url=f"{url}/api/v3")
    sent: dict[str, Any] = {}
    group: dict[str, Any] = {}
    contact: dict[str, Any] = {}
    campaign: dict[str, Any] = {}
    yield "send", lambda: sent.update(_data(client.send_sms(number, SENDER, text))) or sent["uid"]
    yield "balance", lambda: _balance(_data(client.view_balance()))
    yield "show a message", lambda: _data(client.view_sms(sent["uid"]))["status"]
    yield "list messages", lambda: _data(client.view_all_messages())["data"][0]["uid"]
    yield "profile", lambda: _data(client.view_profile())["email"]
    yield "create a group", lambda: group.update(_data(client.create_contact_group("Family"))) or group["uid"]
    yield "list groups", lambda: _data(client.view_all_contact_groups())["data"][0]["uid"]
    yield "show a group", lambda: _data(client.view_contact_group(group["uid"]))["uid"]
    yield "rename a group", lambda: _data(client.update_contact_group(group["uid"], "Friends"))["name"]
    yield "create a contact", lambda: contact.update(_data(client.create_contact(group["uid"], number, "Ada")))
    yield "list contacts", lambda: _data(client.view_all_contacts_in_group(group["uid"]))["data"][0]["uid"]
    yield "show a contact", lambda: _data(client.view_contact(group["uid"], contact["uid"]))["uid"]
    yield "change a contact", lambda: _data(client.update_contact(group["uid"], contact["uid"], number, "Eve"))["uid"]
    yield "send a campaign", lambda: campaign.update(_data(client.send_campaign(group["uid"], SENDER, "Hello all")))
    yield "show a campaign", lambda: _data(client.view_campaign(campaign["uid"]))["uid"]
    yield "delete a contact", lambda: _data(client.delete_contact(group["uid"], contact["uid"]))
    yield "delete a group", lambda: _data(client.delete_contact_group(group["uid"]))


def cloudsms(url: str, token: str, number: str, text: str) -> Iterator[Step]:
    """Cloudsms keeps its address in an attribute."""
    client = import_module("cloudsms").CloudSMSClient(token, SENDER)
    client.base_url = url
    sent: dict[str, Any] = {}
    yield "send", lambda: sent.update(_data(client.send_sms(number, text))) or sent["uid"]
    yield "balance", lambda: _data(client.get_balance())
    yield "show a message", lambda: _data(client.get_sms(sent["uid"]))["status"]
    yield "list messages", lambda: _data(client.list_sms())["data"][0]["uid"]
    yield "show a campaign", lambda: _data(client.get_campaign("6415907d0d7a6"))


def sendlk(url: str, token: str, number: str, text: str) -> Iterator[Step]:
    """Sendlk reads its address from a class of one instance, before its engine is imported."""
    package = import_module("sendlk")
    package.initialize(token, "unused")
    package.App.get_instance().url = f"{url}/api/v3/"
    engine = import_module("sendlk.engine")
    sent = {"uid": "6415907d0d7a6"}
    yield "send", lambda: sent.update(uid=engine.SMS.send(number, text, SENDER).uid)
    yield "balance", lambda: engine.Profile.balance().remaining
    yield "show a message", lambda: engine.SMS.get_status(sent["uid"]).delivery_status


def fitsms(url: str, token: str, number: str, text: str) -> Iterator[Step]:
    """Fitsms is for version 4 of its site's API. Here it calls version 3."""
    client = import_module("fitsms").FitSMS(token, SENDER)
    client.v4_base = f"{url}/api/v3"
    sent: dict[str, Any] = {}
    yield "send", lambda: sent.update(_data(client.send(number, text))) or sent["uid"]
    yield "balance", lambda: _data(client.get_balance())["sms_unit"]
    yield "show a message", lambda: _data(client.get_status(sent["uid"], number))["status"]
    yield "profile", lambda: _data(client.get_profile())["email"]


CLIENTS = {"txtmsg-sdk": txtmsg, "cloudsms": cloudsms, "sendlk": sendlk, "fitsms": fitsms}


def _data(envelope: dict[str, Any]) -> Any:
    """Return the data of a response, or raise its message."""
    if envelope.get("status") != "success":
        raise ValueError(envelope.get("message"))
    return envelope["data"]


def _balance(data: dict[str, Any]) -> Any:
    return data["remaining_balance"] if "remaining_balance" in data else data["balance"]


def _only_this_machine(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if address[0] != "127.0.0.1":
            raise ConnectionRefusedError(f"{address[0]} is not this machine")
        return connect(self, address)

    return guarded


def main() -> None:
    """Run all steps."""
    name, *arguments = sys.argv[1:]
    socket.socket.connect = _only_this_machine(socket.socket.connect)  # type: ignore[method-assign]
    print(json.dumps({"version": metadata.version(name)}), flush=True)
    for step, call in CLIENTS[name](*arguments):
        try:
            line = {"step": step, "result": str(call())}
        except Exception as error:  # noqa: BLE001  the errors of a client are its own
            line = {"step": step, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(line), flush=True)


main()
