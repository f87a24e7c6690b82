import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { api, pageOf } from '../api/client.ts';
import { useList } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { PageHead } from '../components/layout.tsx';
import { ListCard } from '../components/list-card.tsx';
import { When } from '../components/when.tsx';
import { ApplicationDialog } from './applications/application-dialog.tsx';

const Applications = () => {
  const [isNew, setNew] = useState(false);
  const mayWrite = session.may('scheduler:jobs:write') && session.current.value?.applications === undefined;
  const list = useList({
    key: ['applications', 'list'],
    load: (page, signal) =>
      pageOf(
        api.GET('/applications', {
          params: { query: page },
          signal,
        }),
      ),
  });
  return (
    <>
      <PageHead
        title="Applications"
        actions={
          mayWrite ? (
            <button type="button" class="button primary" onClick={() => setNew(true)}>
              New application…
            </button>
          ) : null
        }
      />
      <ListCard
        title="All"
        list={list}
        keyOf={({ id }) => id}
        empty="No applications yet"
        hint="Each job belongs to an application, which has variables, secrets and limits. To create one, choose “New application…”."
        columns={[
          { title: 'Name', cell: ({ id, name }) => <Link href={`/applications/${id}`}>{name}</Link> },
          { title: 'Display name', cell: ({ displayName }) => displayName },
          { title: 'Id', cell: ({ id }) => id },
          {
            title: 'Changed',
            cell: ({ updatedAt, updatedBy }) => (
              <>
                <When at={updatedAt} /> by {updatedBy}
              </>
            ),
          },
        ]}
      />
      {isNew ? <ApplicationDialog onClose={() => setNew(false)} /> : null}
    </>
  );
};

export default Applications;
