"""The outbox where the file cannot be written: nothing is lost, and it is written as soon as that works."""

import asyncio
import gc
from pathlib import Path
import shutil
from typing import Any

import pytest

from custom_components.texting.delivery import outbox as module
from custom_components.texting.delivery.outbox import Outbox, OutboxError
from custom_components.texting.delivery.record import Phase
from tests.delivery.messages import ACCOUNT, ended, full_disk, names, numbers, record

LONG = "Water in the cellar" * 500


class Told:
    """Counts what on_trouble tells."""

    def __init__(self, path: Path) -> None:
        self.outbox = Outbox(path, lambda: self.news.append(self.outbox.failing))
        self.news: list[bool] = []


async def numbers_on_disk(path: Path) -> list[int]:
    """What an outbox that is opened now finds."""
    outbox = Outbox(path)
    await outbox.open()
    assert (outbox.failing, outbox.damaged) == (False, None)
    found = numbers(await outbox.load(ACCOUNT))
    await outbox.close()
    return found


async def test_a_full_disk_is_told_of_and_nothing_is_lost(tmp_path: Path, noise: list[dict[str, Any]]) -> None:
    told = Told(tmp_path / "texting.db")
    outbox = told.outbox
    await outbox.open()
    await outbox.write([record(1), record(2, message_id="17"), record(3, parent="a")])
    with full_disk():
        with pytest.raises(OutboxError, match=r"^SQLITE_(IOERR_WRITE|FULL)$") as raised:
            await outbox.write([record(4, text=LONG, parent="a"), record(1, phase=Phase.SENDING, taken_at=5.0)])
        assert raised.value.__cause__ is None
        assert (outbox.failing, told.news) == (True, [True])
        outbox.write([ended(2, message_id="18")])  # nobody waits for it
        # Every read goes on as if it had been written.
        assert numbers(await outbox.load(ACCOUNT)) == [1, 3, 4]
        assert numbers(await outbox.children(["a"])) == [3, 4]
        assert await outbox.find(message_id="17") is None
        assert await outbox.find(message_id="18")
        assert await outbox.segments_since(ACCOUNT, 5.0) == 1
        assert await outbox.purge(3.0) == 1
    await outbox.write([record(5)])
    assert (outbox.failing, told.news) == (False, [True, False])
    assert {each.phase for each in await outbox.load(ACCOUNT)} == {Phase.SENDING, Phase.WAITING}
    await outbox.close()
    assert await numbers_on_disk(outbox.path) == [1, 3, 4, 5]
    gc.collect()
    assert noise == []


async def test_it_is_tried_again_without_being_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_AFTER", 0.02)
    told = Told(tmp_path / "texting.db")
    await told.outbox.open()
    with full_disk():
        with pytest.raises(OutboxError):
            await told.outbox.write([record(1)])
        await asyncio.sleep(0.1)
        assert told.news == [True]
    await asyncio.sleep(0.1)
    assert told.news == [True, False]
    await told.outbox.close()
    assert await numbers_on_disk(told.outbox.path) == [1]


async def test_closing_is_the_last_try(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "texting.db")
    await outbox.open()
    with full_disk(), pytest.raises(OutboxError):
        await outbox.write([record(1)])
    await outbox.close()
    assert await numbers_on_disk(outbox.path) == [1]


async def test_a_row_that_no_file_takes_does_not_stop_the_others(outbox: Outbox) -> None:
    with pytest.raises(OutboxError, match=r"^OverflowError$"):
        await outbox.write([record(1, segments=2**70)])
    with pytest.raises(OutboxError, match=r"^IntegrityError$"):
        await outbox.write([record(1, segments=1.5)])
    assert not outbox.failing
    await outbox.write([record(2)])
    assert numbers(await outbox.load(ACCOUNT)) == [2]


async def test_an_unusable_place_is_told_of_and_used_later(tmp_path: Path) -> None:
    told = Told(tmp_path / "folder" / "texting.db")
    outbox = told.outbox
    await outbox.open()
    assert (outbox.failing, told.news, outbox.damaged) == (True, [True], None)
    with pytest.raises(OutboxError, match=r"^FileNotFoundError$"):
        await outbox.write([record(1)])
    assert numbers(await outbox.load(ACCOUNT)) == [1]
    outbox.path.parent.mkdir()
    await outbox.write([record(2)])
    assert told.news == [True, False]
    await outbox.close()
    assert await numbers_on_disk(outbox.path) == [1, 2]


async def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "texting.db").mkdir()
    outbox = Outbox(tmp_path / "texting.db")
    await outbox.open()
    assert outbox.failing
    with pytest.raises(OutboxError, match=r"^IsADirectoryError$"):
        await outbox.write([record(1)])
    await outbox.close()
    assert names(tmp_path) == ["texting.db"]


async def test_a_file_taken_away_is_written_again_with_all_it_held(outbox: Outbox) -> None:
    await outbox.write([record(1)])
    for file in outbox.path.parent.iterdir():
        file.unlink()
    await outbox.write([record(2)])
    assert not outbox.failing
    await outbox.close()
    assert await numbers_on_disk(outbox.path) == [1, 2]


async def test_a_folder_taken_away_is_waited_for(tmp_path: Path) -> None:
    told = Told(tmp_path / "folder" / "texting.db")
    outbox = told.outbox
    outbox.path.parent.mkdir()
    await outbox.open()
    await outbox.write([record(1)])
    shutil.rmtree(outbox.path.parent)
    with pytest.raises(OutboxError):
        await outbox.write([record(2)])
    assert numbers(await outbox.load(ACCOUNT)) == [1, 2]
    outbox.path.parent.mkdir()
    await outbox.write([record(3)])
    assert told.news == [True, False]
    await outbox.close()
    assert await numbers_on_disk(outbox.path) == [1, 2, 3]


async def test_another_file_in_its_place_is_gone_on_with(outbox: Outbox, tmp_path: Path) -> None:
    other = Outbox(tmp_path / "other.db")
    await other.open()
    await other.write([record(9)])
    await other.close()
    await outbox.write([record(1)])
    other.path.replace(outbox.path)
    answered = [record(number, phase=Phase.FOLLOWED, message_id=str(number)) for number in (1, 9)]
    await outbox.write([record(2), *answered])
    found = await outbox.load(ACCOUNT)
    assert [each.message_id for each in found] == ["1", None, "9"]
    assert numbers(found) == [1, 2, 9]


async def test_a_file_that_is_damaged_while_open_is_put_aside(tmp_path: Path) -> None:
    told = Told(tmp_path / "texting.db")
    outbox = told.outbox
    await outbox.open()
    await outbox.write([record(number, text=LONG[:3000]) for number in range(2000)])  # more than SQLite caches
    await outbox.close()
    await outbox.open()
    with outbox.path.open("r+b") as file:
        file.seek(4096 * 20)
        file.write(bytes(4096 * 100))
    loaded = numbers(await outbox.load(ACCOUNT))
    assert 500 < len(loaded) < 2000
    assert told.news == [True]
    await outbox.write([record(3000)])
    assert told.news == [True, False]
    assert outbox.damaged
    assert outbox.salvaged == len(loaded)
    await outbox.close()
    assert await numbers_on_disk(outbox.path) == [*loaded, 3000]
