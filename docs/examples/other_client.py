"""Opens a support ticket as the data layer does: for programs that cannot use the package, such as a mail gateway.

Needs boto3. The secret is the deployment's ERASURE_SECRET, which the table's functions have.
"""

import hashlib
import hmac
import json
import time

import boto3
from botocore.exceptions import ClientError


class Refused(Exception):
    """The ticket may not be written: its id is another user's, or its account was erased or is moving."""


def identifiers(entity):
    return {"__edb_e__": entity, "__edb_v__": "1"}


def padded(instant):
    """An instant in a sort key: ten digits, so that keys sort as instants do."""
    return f"{instant:010d}"


def open_ticket(table, secret, ticket_id, user_email, subject, message, category, priority):
    # One form of an address, or one mailbox is two accounts. Other addresses than these go through the package.
    user_email = user_email.strip().lower()
    if not user_email.isascii():
        raise ValueError("user_email must be ASCII")
    now = int(time.time())

    def pseudonym(kind, *values):
        text = json.dumps([kind, *values], separators=(",", ":"), ensure_ascii=False)
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def put_once(item):
        """Writes an item, or gives the one that is there."""
        try:
            table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
            return item
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            key = {"pk": item["pk"], "sk": item["sk"]}
            return table.get_item(Key=key, ConsistentRead=True)["Item"]

    # The claim first: the same mail, delivered again, finds the instant of the first delivery, and so its ticket.
    claimed_id = pseudonym("claim", "ticket", ticket_id)
    claim = put_once(
        {
            **identifiers("claim"),
            "pk": f"claim#ticket#{claimed_id}",
            "sk": "claim",
            "kind": "ticket",
            "claimed_id": claimed_id,
            "owner": pseudonym("owner", user_email),
            "created_at": now,
        }
    )
    if claim["owner"] != pseudonym("owner", user_email):
        raise Refused("the id belongs to another user's ticket")
    created_at = int(claim["created_at"])
    at = padded(created_at)

    # Whole: identifiers, all attributes, and the key of every index that the entity is in.
    ticket = put_once(
        {
            **identifiers("ticket"),
            "pk": f"ticket#{ticket_id}",
            "sk": at,
            "gsi1pk": f"account#{user_email}",
            "gsi1sk": f"ticket#{at}#{ticket_id}",
            "gsi2pk": "ticket#new",
            "gsi2sk": f"{at}#{ticket_id}",
            "gsi3pk": f"ticket#{priority}",
            "gsi3sk": f"{at}#{ticket_id}",
            "gsi4pk": f"ticketThread#{ticket_id}",
            "gsi4sk": f"ticket#{at}",
            "ticket_id": ticket_id,
            "created_at": created_at,
            "user_email": user_email,
            "subject": subject,
            "message": message,
            "category": category,
            "priority": priority,
            "status": "new",
        }
    )

    # Then a look at the ledger of erasures: what began before an erasure must not be there.
    entry = table.get_item(
        Key={"pk": f"erasure#{pseudonym('account', user_email)}", "sk": "erasure"}, ConsistentRead=True
    ).get("Item")
    if entry is not None and (entry["state"] != "registered" or created_at <= entry["erased_at"]):
        table.delete_item(Key={"pk": ticket["pk"], "sk": ticket["sk"]})
        raise Refused("the account was erased or is moving")
    return ticket


if __name__ == "__main__":
    import os
    import sys

    resource = boto3.resource("dynamodb", endpoint_url=os.environ.get("DYNAMODB_ENDPOINT"))
    mail = json.load(sys.stdin)
    try:
        opened = open_ticket(resource.Table(os.environ["TABLE_NAME"]), os.environ["ERASURE_SECRET"], **mail)
    except Refused as refusal:
        sys.exit(f"refused: {refusal}")
    print(json.dumps({"ticket_id": opened["ticket_id"], "created_at": int(opened["created_at"])}))
