export type SseEvent = {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
  readonly data: any;
};

export type SseClient = {
  /** The next `count` events. */
  events(count: number): Promise<SseEvent[]>;
  /** All events up to the first that satisfies the condition. */
  until(holds: (event: SseEvent) => boolean): Promise<SseEvent[]>;
  /** All received events. */
  seen(): SseEvent[];
  /** All received text, when it matches this. */
  text(pattern: RegExp): Promise<string>;
  /** Resolves when the stream has ended. */
  readonly closed: Promise<void>;
  close(): void;
};

/** Follows a stream of server-sent events; resolves when it is open. */
export const openSse = async (url: string, headers: Readonly<Record<string, string>>): Promise<SseClient> => {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error(await response.text());
  let text = '';
  let given = 0;
  const waiting = new Set<() => void>();
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      text += decoder.decode(part, { stream: true });
      for (const look of waiting) look();
    }
  };
  const closed = read().catch(() => {});
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return {
    events: async (count) => {
      await until(() => eventsIn(text).length >= given + count);
      given += count;
      return eventsIn(text).slice(given - count, given);
    },
    until: async (holds) => {
      await until(() => eventsIn(text).some(holds));
      const all = eventsIn(text);
      return all.slice(0, all.findIndex(holds) + 1);
    },
    seen: () => eventsIn(text),
    text: async (pattern) => {
      await until(() => pattern.test(text));
      return text;
    },
    closed,
    close: () => leaving.abort(),
  };
};

const EVENT = /^id: (.*)\nevent: (.*)\ndata: (.*)$/;

const eventsIn = (text: string): SseEvent[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const [, id, event, data] = EVENT.exec(block) ?? [];
      return id === undefined || event === undefined || data === undefined
        ? []
        : [{ id, event, data: JSON.parse(data) }];
    });
