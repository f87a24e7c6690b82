import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { ListResult } from '../api/queries.ts';
import { Empty, Failed, Loading } from './states.tsx';

export type Column<T> = { readonly title: string; readonly cell: (item: T) => ComponentChildren };

type ListCardProps<T> = {
  readonly title: string;
  readonly list: Omit<ListResult<T>, 'total' | 'more' | 'hasMore'> & Partial<Pick<ListResult<T>, 'more' | 'hasMore'>>;
  readonly keyOf: (item: T) => string | number;
  /** The first column is the row header. */
  readonly columns: readonly Column<T>[];
  readonly actions?: ComponentChildren;
  readonly empty: string;
  /** What to do if the list is empty. */
  readonly hint?: ComponentChildren;
};

/** A table of a list, with its loading, empty and error states. */
export const ListCard = <T,>({ title, list, keyOf, columns, actions, empty, hint }: ListCardProps<T>) => {
  const id = useId();
  return (
    <section class="card list-card" aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        {actions}
      </header>
      <Rows title={title} list={list} keyOf={keyOf} columns={columns} empty={empty} hint={hint} />
      {list.hasMore === true ? (
        <p class="card-body">
          <button type="button" class="link" onClick={list.more}>
            Show more
          </button>
        </p>
      ) : null}
    </section>
  );
};

const Rows = <T,>({ title, list, keyOf, columns, empty, hint }: ListCardProps<T>) => {
  if (list.error !== null && list.items.length === 0) return <Failed error={list.error} again={list.again} />;
  if (list.isPending) {
    return (
      <div class="card-body">
        <Loading lines={3} />
      </div>
    );
  }
  if (list.items.length === 0) return <Empty title={empty}>{hint}</Empty>;
  const [first, ...others] = columns;
  return (
    <table class="plain">
      <caption class="unseen">{title}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col">
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {list.items.map((item) => (
          <tr key={keyOf(item)}>
            <th scope="row">{first?.cell(item)}</th>
            {others.map((column) => (
              <td key={column.title} data-title={column.title}>
                {column.cell(item)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
};
