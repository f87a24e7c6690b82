import { isApplicationEvent, isJobEvent } from '../domain/events/index.ts';
import { applicationStream, jobStream, PREFIX_OF } from '../domain/streams.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { EventStore, RecordedEvent } from '../event-store/port.ts';

/** The streams that a reader of the feed follows: jobs, runs, and applications for the names. */
export const FEED_PREFIXES = [PREFIX_OF.job, PREFIX_OF.runs, PREFIX_OF.application] as const;

/** Names of an event's job and application. */
export type EventNames = { readonly jobName?: string; readonly applicationName?: string };

/** Maps ids in events to names, for one reader of the log. */
export type FeedNames = {
  /** Looks up the names for these events in one request. Call it with each batch, in log order. */
  learn(events: readonly RecordedEvent[]): Promise<void>;
  /** The names as of this event or, if no event set them, as of the lookup. */
  of(event: RecordedEvent): EventNames;
};

/** Maximum cached names. */
const MAX_NAMES = 20_000;

export const createFeedNames = (store: EventStore): FeedNames => {
  const names = new Map<string, string>();
  const take = (event: RecordedEvent): void => {
    if (isJobEvent(event) || isApplicationEvent(event)) names.set(event.stream, event.data.name);
  };
  return {
    learn: async (events) => {
      if (names.size > MAX_NAMES) names.clear();
      const said = new Set<string>();
      const unknown = new Set<string>();
      for (const event of events) {
        said.add(event.stream);
        for (const stream of namedBy(event)) if (!names.has(stream) && !said.has(stream)) unknown.add(stream);
      }
      if (unknown.size === 0) return;
      for (const event of await store.readLast([...unknown])) {
        if (event !== undefined && !(event instanceof StreamParked)) take(event);
      }
    },
    of: (event) => {
      take(event);
      const [job = '', application = ''] = namedBy(event);
      const [jobName, applicationName] = [names.get(job), names.get(application)];
      return {
        ...(jobName === undefined ? {} : { jobName }),
        ...(applicationName === undefined ? {} : { applicationName }),
      };
    },
  };
};

/** Streams of the event's job and application. */
const namedBy = ({ data }: RecordedEvent): readonly string[] =>
  'jobId' in data && data.jobId !== undefined && 'applicationId' in data && data.applicationId !== undefined
    ? [jobStream(data.jobId), applicationStream(data.applicationId)]
    : [];
