import { isApplicationEvent, isJobEvent } from '../../../src/domain/events/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';

/** At no moment of the log have two living jobs of an application, or two applications of a tenant, one name. */
export const checkNames = ({ events }: Pick<Run, 'events'>): string[] => {
  const wrong: string[] = [];
  const nameOf = new Map<string, string>();
  const ownerOf = new Map<string, string>();
  for (const event of events) {
    const { name, owner } = namedBy(event) ?? {};
    if (owner === undefined) continue;
    const before = nameOf.get(owner);
    if (before === name) continue;
    if (before !== undefined && ownerOf.get(before) === owner) ownerOf.delete(before);
    if (name === undefined) {
      nameOf.delete(owner);
      continue;
    }
    const other = ownerOf.get(name);
    if (other !== undefined) {
      wrong.push(`${other} and ${owner} both have the name ${name} at ${event.stream}/${event.revision}`);
    }
    nameOf.set(owner, name);
    ownerOf.set(name, owner);
  }
  return wrong;
};

/** Whose name an event tells; without a name where it tells of the owner's end. */
const namedBy = (event: RecordedEvent): { readonly owner: string; readonly name?: string } | undefined => {
  if (isApplicationEvent(event)) {
    const { applicationId, tenant, name } = event.data;
    const owner = `application ${applicationId}`;
    return event.type === 'ApplicationDeleted' ? { owner } : { owner, name: JSON.stringify([tenant, name]) };
  }
  if (!isJobEvent(event)) return undefined;
  const { jobId, tenant, applicationId, name } = event.data;
  const owner = `job ${jobId}`;
  return event.type === 'JobDeleted' ? { owner } : { owner, name: JSON.stringify([tenant, applicationId, name]) };
};
