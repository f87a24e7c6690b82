import { useState } from 'preact/hooks';
import type { Calendar } from '../../../packages/client/src/schema.ts';
import { api, dataOf, done, pageOf, reasonHeader } from '../api/client.ts';
import { changed, useList, useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { ActDialog } from '../components/act-dialog.tsx';
import { DeleteDialog } from '../components/delete-dialog.tsx';
import { Dialog } from '../components/dialog.tsx';
import { FormField } from '../components/form-field.tsx';
import { HistoryDialog } from '../components/history-dialog.tsx';
import { PageHead } from '../components/layout.tsx';
import { ListCard } from '../components/list-card.tsx';
import { Failed, Loading } from '../components/states.tsx';
import { showSuccess } from '../components/toasts.tsx';
import { When } from '../components/when.tsx';
import { formatCount } from '../format/count.ts';

type OpenDialog = { readonly what: 'new' } | { readonly what: 'change' | 'delete' | 'history'; readonly name: string };

/** Dates on which jobs do not run, or the only ones on which they do. */
const Calendars = () => {
  const [dialog, setDialog] = useState<OpenDialog>();
  const mayWrite = session.may('scheduler:jobs:write');
  const close = () => setDialog(undefined);
  const list = useList({
    key: ['calendars'],
    load: (page, signal) =>
      pageOf(
        api.GET('/calendars', {
          params: { query: page },
          signal,
        }),
      ),
  });
  return (
    <>
      <PageHead
        title="Calendars"
        actions={
          mayWrite ? (
            <button type="button" class="button primary" onClick={() => setDialog({ what: 'new' })}>
              New calendar…
            </button>
          ) : null
        }
      />
      <ListCard
        title="All"
        list={list}
        keyOf={({ name }) => name}
        empty="No calendars yet"
        hint="Jobs skip the dates of a calendar, or run only on them. To create one, choose “New calendar…”."
        columns={[
          { title: 'Name', cell: ({ name }) => name },
          { title: 'Description', cell: ({ description }) => description ?? '' },
          { title: 'Dates', cell: ({ dateCount }) => formatCount(dateCount, 'date') },
          {
            title: 'Since',
            cell: ({ updatedAt, updatedBy }) => (
              <>
                <When at={updatedAt} /> by {updatedBy}
              </>
            ),
          },
          {
            title: 'Actions',
            cell: ({ name }) => (
              <span class="buttons">
                <button type="button" class="button" onClick={() => setDialog({ what: 'change', name })}>
                  {mayWrite ? 'Edit…' : 'Dates…'}
                </button>
                <button type="button" class="button" onClick={() => setDialog({ what: 'history', name })}>
                  History…
                </button>
                {mayWrite ? (
                  <button type="button" class="button" onClick={() => setDialog({ what: 'delete', name })}>
                    Delete…
                  </button>
                ) : null}
              </span>
            ),
          },
        ]}
      />
      {dialog?.what === 'new' ? <SetCalendar calendar={undefined} onClose={close} /> : null}
      {dialog?.what === 'change' ? <Opened name={dialog.name} mayWrite={mayWrite} onClose={close} /> : null}
      {dialog?.what === 'history' ? (
        <HistoryDialog
          name={dialog.name}
          queryKey={['calendar', dialog.name]}
          load={(page, signal) =>
            pageOf(
              api.GET('/calendars/{name}/history', { params: { path: { name: dialog.name }, query: page }, signal }),
            )
          }
          revert={mayWrite ? (version, reason) => revertCalendar(dialog.name, version, reason) : undefined}
          onClose={close}
        />
      ) : null}
      {dialog?.what === 'delete' ? <DeleteCalendar name={dialog.name} onClose={close} /> : null}
    </>
  );
};

export default Calendars;

const revertCalendar = (name: string, version: number, reason: string): Promise<void> =>
  done(
    api.POST('/calendars/{name}/history/{version}/revert', {
      params: { path: { name, version }, header: reasonHeader(reason) },
    }),
  );

type OpenedProps = { readonly name: string; readonly mayWrite: boolean; readonly onClose: () => void };

const Opened = ({ name, mayWrite, onClose }: OpenedProps) => {
  const { data, error, again } = useQuery({
    key: ['calendar', name],
    load: (signal) => dataOf(api.GET('/calendars/{name}', { params: { path: { name } }, signal })),
    live: false,
  });
  if (data !== undefined && mayWrite) return <SetCalendar calendar={data} onClose={onClose} />;
  return (
    <Dialog title={name} onClose={onClose}>
      {error !== null ? <Failed error={error} again={again} /> : data === undefined ? <Loading lines={3} /> : null}
      {data === undefined ? null : <p class="mono">{data.dates.join(', ')}</p>}
    </Dialog>
  );
};

type SetProps = { readonly calendar: Calendar | undefined; readonly onClose: () => void };

const SetCalendar = ({ calendar, onClose }: SetProps) => {
  const [name, setName] = useState(calendar?.name ?? '');
  const [description, setDescription] = useState(calendar?.description ?? '');
  const [dates, setDates] = useState(calendar?.dates.join('\n') ?? '');
  return (
    <ActDialog
      title={calendar === undefined ? 'New calendar' : `Edit ${calendar.name}`}
      verb="Save"
      onClose={onClose}
      act={async (reason) => {
        const params = { path: { name }, header: reasonHeader(reason) };
        const body = {
          dates: dates.split(/[\s,]+/).filter((date) => date !== ''),
          description: description === '' ? null : description,
        };
        await done(api.PUT('/calendars/{name}', { params, body }));
        changed();
        showSuccess(`Saved ${name}`);
      }}
    >
      <FormField
        label="Name"
        pointer="/name"
        value={name}
        onValue={setName}
        isFixed={calendar !== undefined}
        hint="Lower-case letters, digits and hyphens"
      />
      <FormField
        label="Description"
        pointer="/description"
        value={description}
        onValue={setDescription}
        isRequired={false}
      />
      <FormField
        label="Dates"
        pointer="/dates"
        kind="lines"
        value={dates}
        onValue={setDates}
        hint="One per line, such as 2026-12-25"
      />
    </ActDialog>
  );
};

const DeleteCalendar = ({ name, onClose }: { readonly name: string; readonly onClose: () => void }) => (
  <DeleteDialog
    name={name}
    description="Jobs must not use it."
    remove={(reason) =>
      done(api.DELETE('/calendars/{name}', { params: { path: { name }, header: reasonHeader(reason) } }))
    }
    onClose={onClose}
  />
);
