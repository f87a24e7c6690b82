import type { AuditEntry, HistoryEntry } from '../../../../packages/client/src/schema.ts';
import { api, type ListPage, pageOf } from '../../api/client.ts';
import { useQuery } from '../../api/queries.ts';
import { Dialog } from '../../components/dialog.tsx';
import { Failed, Loading } from '../../components/states.tsx';
import { Changes } from '../../components/versions.tsx';

const LIMIT = 500;

/** Fetches the versions of an entry's resource; `undefined` if none are kept. */
const historyOf = ({ kind, id, name, applicationId }: AuditEntry['of']) => {
  const query = { limit: LIMIT };
  if (kind === 'job' && id !== undefined) {
    return (signal: AbortSignal) => pageOf(api.GET('/jobs/{id}/history', { params: { path: { id }, query }, signal }));
  }
  if (kind === 'application' && id !== undefined) {
    return (signal: AbortSignal) =>
      pageOf(api.GET('/applications/{id}/history', { params: { path: { id }, query }, signal }));
  }
  if (kind === 'calendar' && name !== undefined) {
    return (signal: AbortSignal) =>
      pageOf(api.GET('/calendars/{name}/history', { params: { path: { name }, query }, signal }));
  }
  if (applicationId === undefined || name === undefined) return undefined;
  const ofApplication = { path: { id: applicationId, name }, query };
  switch (kind) {
    case 'variable':
      return (signal: AbortSignal) =>
        pageOf(api.GET('/applications/{id}/variables/{name}/history', { params: ofApplication, signal }));
    case 'secret':
      return (signal: AbortSignal) =>
        pageOf(api.GET('/applications/{id}/secrets/{name}/history', { params: ofApplication, signal }));
    case 'limit':
      return (signal: AbortSignal) =>
        pageOf(api.GET('/applications/{id}/limits/{name}/history', { params: ofApplication, signal }));
    default:
      return undefined;
  }
};

/** Returns whether an entry has change details. */
export const hasChanges = ({ outcome, of }: AuditEntry): boolean => outcome === 'done' && historyOf(of) !== undefined;

type ChangesDialogProps = { readonly entry: AuditEntry; readonly title: string; readonly onClose: () => void };

/** The fields changed by an entry, from the history of the resource. */
export const ChangesDialog = ({ entry, title, onClose }: ChangesDialogProps) => {
  const load = historyOf(entry.of);
  const { data, error, again } = useQuery({
    key: ['audit', 'changes', entry.of, entry.requestId],
    load: (signal): Promise<ListPage<HistoryEntry>> => load?.(signal) ?? Promise.resolve({ items: [] }),
    live: false,
  });
  const version = data?.items.find(({ requestId }) => requestId === entry.requestId);
  return (
    <Dialog title={title} wide onClose={onClose}>
      {data === undefined ? (
        error === null ? (
          <Loading lines={3} />
        ) : (
          <Failed error={error} again={again} />
        )
      ) : version === undefined ? (
        <p class="quiet">The history doesn't go back that far.</p>
      ) : (
        <Changes changes={version.changes} />
      )}
    </Dialog>
  );
};
