import { useState } from 'preact/hooks';
import type { HistoryEntry } from '../../../../packages/client/src/schema.ts';
import type { ListPage } from '../../api/client.ts';
import { type ListOptions, useList } from '../../api/queries.ts';
import { DeleteDialog } from '../../components/delete-dialog.tsx';
import { HistoryDialog } from '../../components/history-dialog.tsx';
import { type Column, ListCard } from '../../components/list-card.tsx';
import { When } from '../../components/when.tsx';

type Named = { readonly name: string; readonly updatedAt: string; readonly updatedBy: string };

/** The opened resource; `undefined` for a new one. */
export type SetDialogProps<T> = { readonly resource: T | undefined; readonly onClose: () => void };

type SectionProps<T> = {
  readonly title: string;
  /** Singular name. */
  readonly one: string;
  readonly queryKey: readonly unknown[];
  readonly load: ListOptions<T>['load'];
  readonly columns: readonly Column<T>[];
  readonly hint: string;
  readonly mayWrite: boolean;
  readonly SetDialog: (props: SetDialogProps<T>) => preact.JSX.Element;
  readonly remove: (name: string, reason: string) => Promise<void>;
  /** Effect of a deletion. */
  readonly removal: string;
  /** Its versions, if they are kept. */
  readonly history?: (
    name: string,
    ...dialog: Parameters<ListOptions<HistoryEntry>['load']>
  ) => Promise<ListPage<HistoryEntry>>;
  readonly revert?: (name: string, version: number, reason: string) => Promise<void>;
};

/** Named resources of an application: a table, a dialog that sets one, and a dialog that deletes one. */
export const ResourceSection = <T extends Named>(props: SectionProps<T>) => {
  const {
    title,
    one,
    queryKey,
    load: request,
    columns,
    hint,
    mayWrite,
    SetDialog,
    remove,
    removal,
    history,
    revert,
  } = props;
  const [opened, setOpened] = useState<{ readonly resource: T | undefined }>();
  const [removed, setRemoved] = useState<T>();
  const [seen, setSeen] = useState<T>();
  const list = useList({ key: queryKey, load: request });
  return (
    <>
      <ListCard
        title={title}
        list={list}
        keyOf={({ name }) => name}
        empty={`No ${one}s`}
        hint={hint}
        actions={
          mayWrite ? (
            <button type="button" class="button" onClick={() => setOpened({ resource: undefined })}>
              New {one}…
            </button>
          ) : null
        }
        columns={[
          { title: 'Name', cell: ({ name }) => <code>{name}</code> },
          ...columns,
          {
            title: 'Changed',
            cell: ({ updatedAt, updatedBy }) => (
              <>
                <When at={updatedAt} /> by {updatedBy}
              </>
            ),
          },
          {
            title: 'Actions',
            cell: (resource) => (
              <span class="buttons">
                {history === undefined ? null : (
                  <button
                    type="button"
                    class="button"
                    aria-label={`History of ${resource.name}`}
                    onClick={() => setSeen(resource)}
                  >
                    History…
                  </button>
                )}
                {mayWrite ? (
                  <>
                    <button
                      type="button"
                      class="button"
                      aria-label={`Edit ${resource.name}`}
                      onClick={() => setOpened({ resource })}
                    >
                      Edit…
                    </button>
                    <button
                      type="button"
                      class="button"
                      aria-label={`Delete ${resource.name}`}
                      onClick={() => setRemoved(resource)}
                    >
                      Delete…
                    </button>
                  </>
                ) : null}
              </span>
            ),
          },
        ]}
      />
      {opened === undefined ? null : <SetDialog resource={opened.resource} onClose={() => setOpened(undefined)} />}
      {removed === undefined ? null : (
        <DeleteDialog
          name={removed.name}
          kind={one}
          description={removal}
          remove={(reason) => remove(removed.name, reason)}
          onClose={() => setRemoved(undefined)}
        />
      )}
      {seen === undefined || history === undefined ? null : (
        <HistoryDialog
          name={seen.name}
          queryKey={[...queryKey, seen.name]}
          load={(page, signal) => history(seen.name, page, signal)}
          revert={
            revert === undefined || !mayWrite ? undefined : (version, reason) => revert(seen.name, version, reason)
          }
          onClose={() => setSeen(undefined)}
        />
      )}
    </>
  );
};
