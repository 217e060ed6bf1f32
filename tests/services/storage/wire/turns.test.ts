import { EventEmitter } from "node:events";
import { sendInTurns } from "../../../../services/storage/wire/turns.ts";

type Options = { readonly abortSignal?: AbortSignal };

/** A sender that answers when it is told to. */
function senderOf(sockets: number) {
  const sent: number[] = [];
  const answers = new Map<number, (body?: unknown) => void>();
  const failures = new Map<number, (error: Error) => void>();
  const sender = {
    handle(request: { readonly number: number }, options?: Options) {
      if (options?.abortSignal?.aborted === true) return Promise.reject(new Error("aborted"));
      sent.push(request.number);
      return new Promise<{ response: { body: unknown } }>((resolve, reject) => {
        answers.set(request.number, (body) => resolve({ response: { body } }));
        failures.set(request.number, reject);
      });
    },
  };
  sendInTurns(sender as never, { http: sockets, https: sockets });
  return { sender, sent, answers, failures };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

it("send the first first, and so many at once", async () => {
  const { sender, sent, answers } = senderOf(2);
  for (let number = 0; number < 5; number++) sender.handle({ number });
  await settled();
  expect(sent).toEqual([0, 1]);

  answers.get(1)?.();
  await settled();
  expect(sent).toEqual([0, 1, 2]);

  answers.get(0)?.();
  answers.get(2)?.();
  await settled();
  expect(sent).toEqual([0, 1, 2, 3, 4]);
});

it("go to the next one after a failure", async () => {
  const { sender, sent, failures } = senderOf(1);
  const first = sender.handle({ number: 0 });
  sender.handle({ number: 1 });
  await settled();

  failures.get(0)?.(new Error("lost"));

  await expect(first).rejects.toThrow("lost");
  expect(sent).toEqual([0, 1]);
});

it("keep a socket until the answer has been read", async () => {
  const { sender, sent, answers } = senderOf(1);
  for (let number = 0; number < 2; number++) sender.handle({ number });
  await settled();
  const body = new EventEmitter();
  answers.get(0)?.(body);
  await settled();
  expect(sent).toEqual([0]);

  body.emit("close");
  await settled();
  expect(sent).toEqual([0, 1]);
});

it("pass over what was aborted meanwhile", async () => {
  const { sender, sent, answers } = senderOf(1);
  const controller = new AbortController();
  sender.handle({ number: 0 });
  const second = sender.handle({ number: 1 }, { abortSignal: controller.signal });
  sender.handle({ number: 2 });
  await settled();

  controller.abort();
  await expect(second).rejects.toThrow("aborted");
  answers.get(0)?.();
  await settled();

  expect(sent).toEqual([0, 2]);
});

it("refuse what would be the ten thousand and first to wait", async () => {
  const { sender, sent } = senderOf(1);
  for (let number = 0; number <= 10_000; number++) sender.handle({ number });

  await expect(sender.handle({ number: 10_001 })).rejects.toMatchObject({ code: "overloaded", count: 10_000 });
  expect(sent).toEqual([0]);
});
