import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import type { Application } from '../../../packages/client/src/schema.ts';
import { api, dataOf, done, pageOf, reasonHeader } from '../api/client.ts';
import { useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { DeleteDialog } from '../components/delete-dialog.tsx';
import { HistoryDialog } from '../components/history-dialog.tsx';
import { PageHead } from '../components/layout.tsx';
import type { PageProps } from '../components/page-props.ts';
import { Failed, Loading } from '../components/states.tsx';
import { Limits } from './application/limits.tsx';
import { Secrets } from './application/secrets.tsx';
import { Tls } from './application/tls.tsx';
import { Variables } from './application/variables.tsx';
import { ApplicationDialog } from './applications/application-dialog.tsx';

/** An application and the resources that its jobs share. */
const ApplicationPage = ({ params }: PageProps) => {
  const id = Number(params.id);
  const { data, error, again } = useQuery({
    key: ['application', id],
    load: (signal) => dataOf(api.GET('/applications/{id}', { params: { path: { id } }, signal })),
  });
  const above = <Link href="/applications">Applications</Link>;
  if (data === undefined) {
    return (
      <>
        <PageHead title="Application" above={above} />
        {error === null ? <Loading /> : <Failed error={error} again={again} />}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={data.displayName || data.name}
        above={above}
        beside={<Link href={`/jobs?application=${encodeURIComponent(data.name)}`}>Jobs</Link>}
        actions={session.may('scheduler:jobs:write') ? <Actions application={data} /> : null}
      />
      <Variables id={id} />
      <Secrets id={id} />
      <Limits id={id} />
      <Tls id={id} />
    </>
  );
};

export default ApplicationPage;

const Actions = ({ application }: { readonly application: Application }) => {
  const [dialog, setDialog] = useState<'change' | 'history' | 'delete'>();
  const [, navigate] = useLocation();
  const { id, name } = application;
  return (
    <>
      <button type="button" class="button" onClick={() => setDialog('change')}>
        Change…
      </button>
      <button type="button" class="button" onClick={() => setDialog('history')}>
        History…
      </button>
      <button type="button" class="button" onClick={() => setDialog('delete')}>
        Delete…
      </button>
      {dialog === 'change' ? (
        <ApplicationDialog application={application} onClose={() => setDialog(undefined)} />
      ) : null}
      {dialog === 'history' ? (
        <HistoryDialog
          name={name}
          queryKey={['application', id]}
          load={(page, signal) =>
            pageOf(api.GET('/applications/{id}/history', { params: { path: { id }, query: page }, signal }))
          }
          revert={(version, reason) => {
            const params = { path: { id, version }, header: reasonHeader(reason) };
            return done(api.POST('/applications/{id}/history/{version}/revert', { params }));
          }}
          onClose={() => setDialog(undefined)}
        />
      ) : null}
      {dialog === 'delete' ? (
        <DeleteDialog
          name={name}
          description="Its variables, secrets and limits are deleted permanently. It must not have jobs."
          remove={(reason) =>
            done(api.DELETE('/applications/{id}', { params: { path: { id }, header: reasonHeader(reason) } }))
          }
          onDeleted={() => navigate('/applications')}
          onClose={() => setDialog(undefined)}
        />
      ) : null}
    </>
  );
};
