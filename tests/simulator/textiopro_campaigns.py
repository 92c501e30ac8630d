"""TextioPro's campaigns: one text to all contacts of lists."""

from collections import Counter
import json
from typing import Any

from .accounts import TextioProAccount
from .messages import Message
from .network import Network
from .textiopro_messages import Messages, check_content, new_uid, schedule_of
from .textiopro_replies import ApiError, MissingError, required, success
from .wire import Request, Response

_STATS = ("accepted", "enroute", "delivered", "undelivered", "expired", "rejected", "failed", "skipped")
# Statuses of a message that is on its way.
_UNDERWAY = {"Accepted", "Enroute"}


class Campaigns:
    """Sends and shows campaigns; their states follow their messages unless `status` is set by hand."""

    def __init__(self, account: TextioProAccount, network: Network, messages: Messages) -> None:
        """Serve one account."""
        self._account = account
        self._network = network
        self._messages = messages

    def send(self, request: Request) -> Response:
        """Send one text to all contacts of one or more lists."""
        # The table of parameters has contact_list_id, the examples have recipient.
        if not request.params.get("contact_list_id") and request.params.get("recipient"):
            lists = required(request, "recipient")
        else:
            lists = required(request, "contact_list_id")
        check_content(request)
        groups = [self._account.groups.get(uid.strip()) for uid in lists.split(",")]
        contacts = [contact for group in groups if group for contact in group["contacts"].values()]
        if None in groups:
            raise MissingError("Contact list not found.")
        if not contacts:
            raise ApiError("The contact list is empty.")
        schedule = schedule_of(request)
        uid = new_uid()
        self._account.campaigns[uid] = {
            "uid": uid,
            "campaign_name": self._name(),
            "message": request.params["message"],
            "sms_type": request.params["type"],
            "schedule_time": schedule.strftime("%Y-%m-%d %H:%M") if schedule else None,
            "messages": self._messages.accept(request, [str(contact["phone"]) for contact in contacts], schedule),
        }
        if self._account.campaign_data in ("full", "first"):
            is_first = self._account.campaign_data == "first"
            return success(self._shown(next(iter(self._account.campaigns)) if is_first else uid))
        return success(None if self._account.campaign_data == "null" else "campaign reports with all details")

    def show(self, request: Request, uid: str) -> Response:
        """Show one campaign."""
        if uid not in self._account.campaigns:
            raise MissingError("Campaign not found.")
        return success(self._shown(uid))

    def _name(self) -> str:
        if self._account.campaign_names == "time":
            return f"API_{int(self._network.clock().timestamp())}"
        return f"API campaign {len(self._account.campaigns) + 1}"

    def _shown(self, uid: str) -> dict[str, Any]:
        campaign = self._account.campaigns[uid]
        messages: list[Message] = campaign["messages"]
        ended = [message for message in messages if message.status not in _UNDERWAY]
        delivered = sum(message.status == "Delivered" for message in ended)
        shown = {name: value for name, value in campaign.items() if name != "messages"}
        row = {"status": self._status(messages, len(ended)), **shown}
        failed = len(ended) - delivered
        if self._account.campaign_counts == "row":
            row |= {"contact_count": len(messages), "delivered_count": delivered, "failed_count": failed}
        elif self._account.campaign_counts == "cache":
            counts = {
                "ContactCount": len(messages),
                "DeliveredCount": delivered,
                "FailedDeliveredCount": failed,
                "NotDeliveredCount": len(messages) - len(ended),
            }
            row["cache"] = json.dumps(counts)
        elif self._account.campaign_counts == "stats":
            words = Counter(message.status.lower() for message in messages)
            row["stats"] = {f"{word}_count": words[word] for word in _STATS}
        return row

    def _status(self, messages: list[Message], ended: int) -> str:
        if all(message.not_before > self._network.clock() for message in messages):
            return "scheduled"
        if ended == len(messages):
            return "done"
        return "sending" if ended or any(message.status == "Enroute" for message in messages) else "queued"
