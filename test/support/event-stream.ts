export type SeenEvent = { readonly id: string; readonly type: string; readonly data: string };

export type EventReader = {
  readonly seen: readonly SeenEvent[];
  /** All events up to the first that satisfies the condition. */
  until(holds: (event: SeenEvent) => boolean): Promise<readonly SeenEvent[]>;
  stop(): void;
};

/** Reads server-sent events as a browser would. */
export const readEvents = async (url: string, token: string, lastEventId?: string): Promise<EventReader> => {
  const stopping = new AbortController();
  const response = await fetch(url, {
    headers: {
      Authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    },
    signal: stopping.signal,
  });
  if (response.status !== 200 || response.body === null) throw new Error(`${url} answered ${response.status}`);
  const seen: SeenEvent[] = [];
  const looks = new Set<() => void>();
  read(response.body, (event) => {
    seen.push(event);
    for (const look of looks) look();
  }).catch(() => {});
  return {
    seen,
    until: (holds) =>
      new Promise((resolve) => {
        const look = (): void => {
          const index = seen.findIndex(holds);
          if (index === -1) return;
          looks.delete(look);
          resolve(seen.slice(0, index + 1));
        };
        looks.add(look);
        look();
      }),
    stop: () => stopping.abort(),
  };
};

const read = async (body: ReadableStream<Uint8Array>, take: (event: SeenEvent) => void): Promise<void> => {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
      );
      const [id = '', type, data = ''] = [fields.get('id'), fields.get('event'), fields.get('data')];
      if (type !== undefined) take({ id, type, data });
    }
  }
};
