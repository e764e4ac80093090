"""When does an async function begin? In Python: when it is awaited."""

import asyncio


# DOC: inert-py
async def greet():
    print("greet runs")


async def main():
    print("before the call")
    coroutine = greet()  # nothing runs
    print("after the call")
    await coroutine
# END: inert-py


asyncio.run(main())
