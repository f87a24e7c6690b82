import { ApplicationEvent, JobEvent, RunEvent } from '../domain/events/index.ts';
import type { RecordedEvent } from '../event-store/port.ts';

type Union = { readonly options: readonly { readonly shape: { readonly type: { readonly value: string } } }[] };
const typesOf = ({ options }: Union): ReadonlySet<string> => new Set(options.map(({ shape }) => shape.type.value));

const applicationTypes = typesOf(ApplicationEvent);
const jobTypes = typesOf(JobEvent);
const runTypes = typesOf(RunEvent);

export const isApplicationEvent = (event: RecordedEvent): event is RecordedEvent<ApplicationEvent> =>
  applicationTypes.has(event.type);
export const isJobEvent = (event: RecordedEvent): event is RecordedEvent<JobEvent> => jobTypes.has(event.type);
export const isRunEvent = (event: RecordedEvent): event is RecordedEvent<RunEvent> => runTypes.has(event.type);
