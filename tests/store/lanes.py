"""A store's calls through a lane, in the words of the store: so that its tests are the lane's, too."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from engine.errors import StoreUnavailable
from engine.store.call import Call
from engine.store.client import Store
from engine.store.lane import Lane
from tests.waiting import PATIENCE_S

T = TypeVar("T")


class Begun:
    def __init__(self, answers: concurrent.futures.Future[list[Any]]) -> None:
        self._answers = answers

    def results(self) -> list[Any]:
        results = self._answers.result(PATIENCE_S)
        for result in results:
            if isinstance(result, StoreUnavailable):
                raise result
        return results


class ThroughLane:
    """Everything that is not a call goes to the store itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.lane: Lane = self.do(self._open)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def do(self, work: Callable[[], Any]) -> Any:
        """In the loop."""

        async def there() -> Any:
            result = work()
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(there(), self.loop).result(PATIENCE_S)

    def sent(self, calls: Sequence[Call[Any]]) -> list[concurrent.futures.Future[Any]]:
        """Each with its own answer."""

        async def answered(future: asyncio.Future[Any]) -> Any:
            return await future

        def send() -> list[concurrent.futures.Future[Any]]:
            futures = [self.lane.send(call) for call in calls]
            return [asyncio.run_coroutine_threadsafe(answered(future), self.loop) for future in futures]

        sent: list[concurrent.futures.Future[Any]] = self.do(send)
        return sent

    def begin(self, calls: Sequence[Call[Any]]) -> Begun:
        async def answers() -> list[Any]:
            return await asyncio.gather(*[self.lane.send(call) for call in calls], return_exceptions=True)

        return Begun(asyncio.run_coroutine_threadsafe(answers(), self.loop))

    def run(self, calls: Sequence[Call[Any]]) -> list[Any]:
        return self.begin(calls).results()

    def one(self, call: Call[T]) -> T:
        result = self.run([call])[0]
        if isinstance(result, Exception):
            raise result
        return cast(T, result)

    def close(self) -> None:
        self.do(self.lane.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE_S)
        self.loop.close()
        self._store.close()

    def _open(self) -> Lane:
        return Lane(self._store)


Through = Callable[[Any], Any]

WAYS: dict[str, Through] = {"rounds": lambda store: store, "lane": ThroughLane}
"""How calls reach a store: what tests of a client are run with."""
