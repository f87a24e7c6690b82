import { isApplicationEvent, isJobEvent } from '../domain/events/index.ts';
import { applicationStream, jobStream, PREFIX_OF } from '../domain/streams.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { EventStore, RecordedEvent } from '../event-store/port.ts';

/** The streams that a reader of the feed follows: those of jobs, of their runs, and of what says their names. */
export const FEED_PREFIXES = [PREFIX_OF.job, PREFIX_OF.runs, PREFIX_OF.application] as const;

/** What the job and the application of an event are called. */
export type EventNames = { readonly jobName?: string; readonly applicationName?: string };

/** Knows the names beside the ids of events, for one reader of the log. */
export type FeedNames = {
  /** Looks up the names that these events need, in one request. To be called with the events of a batch, in log order. */
  learn(events: readonly RecordedEvent[]): Promise<void>;
  /** The names as the events up to this one said them, or else as the log said when they were looked up. */
  of(event: RecordedEvent): EventNames;
};

/** So many names are kept at the most. */
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

/** The streams of the job and the application that an event is about. */
const namedBy = ({ data }: RecordedEvent): readonly string[] =>
  'jobId' in data && data.jobId !== undefined && 'applicationId' in data && data.applicationId !== undefined
    ? [jobStream(data.jobId), applicationStream(data.applicationId)]
    : [];
