"""Pictures in the workspace: what an image may show, what a file is called for those who do not see it."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Attachment, Desk
from bot.sandbox.workspace.people import ASTER, OPS, PRIVATE

PNG = b"\x89PNG\r\n\x1a\n"


def image(**source: object) -> dict[str, object]:
    return {"type": "image", "alt_text": "a picture", **source}


def view(*blocks: dict[str, object]) -> dict[str, object]:
    return {"type": "home", "blocks": list(blocks)}


async def uploaded(client: AsyncWebClient, name: str = "a.png", **more: Any) -> str:
    answer = await client.files_upload_v2(filename=name, content=PNG, **more)
    return str(answer["files"][0]["id"])


async def test_a_file_of_the_bots_own_can_be_shown_though_it_is_shared_nowhere(
    client: AsyncWebClient, desk: Desk
) -> None:
    file = await uploaded(client)
    await client.views_publish(user_id=ASTER, view=view(image(slack_file={"id": file})))
    home = await desk.home(ASTER)
    assert home is not None
    assert home.blocks[0]["slack_file"] == {"id": file}
    await client.chat_postMessage(channel=OPS, text="x", blocks=[image(slack_file={"id": file})])


async def test_what_is_no_picture_or_not_for_the_bot_is_refused(client: AsyncWebClient, desk: Desk) -> None:
    text = await uploaded(client, "a.csv")
    secret = await desk.upload(ASTER, PRIVATE, Attachment("b.png", PNG, "image/png"))
    for file in (text, secret.files[0].id, "F0NOWHERE"):
        with pytest.raises(SlackApiError, match="invalid slack file"):
            await client.views_publish(user_id=ASTER, view=view(image(slack_file={"id": file})))


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"image_url": "https://a.example/b.png", "slack_file": {"id": "F1"}},
        {"slack_file": {}},
        {"slack_file": {"id": "F1", "url": "https://a.example/b.png"}},
    ],
)
async def test_a_picture_has_exactly_one_source(client: AsyncWebClient, source: dict[str, object]) -> None:
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await client.views_publish(user_id=ASTER, view=view(image(**source)))


async def test_a_file_has_words_for_those_who_do_not_see_it(client: AsyncWebClient, desk: Desk) -> None:
    await uploaded(client, channel=OPS, alt_txt="what it shows")
    [file] = await desk.files(OPS, ASTER)
    assert file.alt == "what it shows"
    with pytest.raises(SlackApiError, match="alt_txt_too_large"):
        await uploaded(client, alt_txt="x" * 1_001)


async def test_a_hash_where_there_is_no_view_yet_is_a_conflict(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(user_id=ASTER, view=view(), hash="1.2")
    answer = await client.views_publish(user_id=ASTER, view=view())
    await client.views_publish(user_id=ASTER, view=view(), hash=answer["view"]["hash"])
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(user_id=ASTER, view=view(), hash=answer["view"]["hash"])
