import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { api, dataOf, done, reasonHeader } from '../../api/client.ts';
import { changed, useQuery } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { FormField } from '../../components/form-field.tsx';
import { Icon } from '../../components/icon.tsx';
import { showSuccess } from '../../components/toasts.tsx';
import { formatLine, isNarrowed, type JobsFilter, writeFilter } from './filter.ts';

type Dialog = 'save' | 'delete';

/** The tenant's names for filters: each is a link. The current filter can be saved, a saved one deleted. */
export const SavedViews = ({ filter }: { readonly filter: JobsFilter }) => {
  const [dialog, setDialog] = useState<Dialog>();
  const { data } = useQuery({
    key: ['views'],
    load: (signal) => dataOf(api.GET('/views', { signal })),
    // They belong to all applications of the tenant.
    enabled: session.current.value?.applications === undefined,
  });
  const views = data?.views ?? [];
  const query = writeFilter(filter).slice(1);
  const current = views.find((view) => view.query === query);
  const mayWrite = session.may('scheduler:jobs:write') && data !== undefined;
  return (
    <nav class="saved-views" aria-label="Saved views">
      {views.map((view) => (
        <Link
          key={view.name}
          href={`/jobs?${view.query}`}
          class="chip"
          aria-current={view === current ? 'page' : undefined}
        >
          {view.name}
        </Link>
      ))}
      {mayWrite && current === undefined && isNarrowed(filter) ? (
        <button type="button" class="ghost" onClick={() => setDialog('save')}>
          <Icon name="ok" />
          Save view…
        </button>
      ) : null}
      {mayWrite && current !== undefined ? (
        <button type="button" class="ghost" onClick={() => setDialog('delete')}>
          <Icon name="trash" />
          Delete view…
        </button>
      ) : null}
      {dialog === 'save' ? <SaveDialog filter={filter} onClose={() => setDialog(undefined)} /> : null}
      {dialog === 'delete' && current !== undefined ? (
        <DeleteDialog name={current.name} onClose={() => setDialog(undefined)} />
      ) : null}
    </nav>
  );
};

const SaveDialog = ({ filter, onClose }: { readonly filter: JobsFilter; readonly onClose: () => void }) => {
  const [name, setName] = useState('');
  const act = async (reason: string) => {
    const params = { path: { name }, header: reasonHeader(reason) };
    await dataOf(api.PUT('/views/{name}', { params, body: { query: writeFilter(filter).slice(1) } }));
    changed();
    showSuccess(`Saved view ${name}`);
  };
  return (
    <ActDialog title="Save view" verb="Save view" disabled={name === ''} act={act} onClose={onClose}>
      <p>
        Everyone in the tenant sees the view. It lists the jobs that match <code>{formatLine(filter)}</code>.
      </p>
      <FormField
        label="Name"
        pointer="/name"
        value={name}
        onValue={setName}
        hint="Lower-case letters, digits and hyphens"
      />
    </ActDialog>
  );
};

const DeleteDialog = ({ name, onClose }: { readonly name: string; readonly onClose: () => void }) => (
  <ActDialog
    title={`Delete view ${name}?`}
    verb="Delete view"
    danger
    act={async (reason) => {
      await done(api.DELETE('/views/{name}', { params: { path: { name }, header: reasonHeader(reason) } }));
      changed();
      showSuccess(`Deleted view ${name}`);
    }}
    onClose={onClose}
  >
    <p>The tenant loses the name. The jobs stay as they are.</p>
  </ActDialog>
);
