import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { api, done, reasonHeader } from '../api/client.ts';
import { changed, useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { PageHead } from '../components/layout.tsx';
import type { PageProps } from '../components/page-props.ts';
import { Empty, Failed, Loading } from '../components/states.tsx';
import { showSuccess } from '../components/toasts.tsx';
import { asJobChange } from './edit-job/bodies.ts';
import { Conflict } from './edit-job/conflict.tsx';
import { changeOf, type Draft, draftOf } from './edit-job/draft.ts';
import { JobForm } from './edit-job/job-form.tsx';

/** A job at one revision. */
type Revision = { readonly draft: Draft; readonly etag: string; readonly name: string };

const revisionOf = async (id: number, signal: AbortSignal | null): Promise<Revision> => {
  const { data, headers } = await api.GET('/jobs/{id}', { params: { path: { id } }, signal });
  return { draft: draftOf(data), etag: headers.get('etag') ?? '*', name: data.name };
};

/** Edits an existing job at the shown revision. */
const EditJob = ({ params }: PageProps) => {
  const id = Number(params.id);
  const { data, error, again } = useQuery({
    key: ['job', id, 'revision'],
    load: (signal) => revisionOf(id, signal),
    live: false,
  });
  return (
    <>
      <PageHead
        title={data === undefined ? 'Edit a job' : `Edit ${data.name}`}
        above={
          <>
            <Link href="/jobs">Jobs</Link> / <Link href={`/jobs/${id}`}>{data?.name ?? `Job ${id}`}</Link>
          </>
        }
      />
      {data !== undefined ? (
        <Editor id={id} found={data} />
      ) : error === null ? (
        <Loading />
      ) : (
        <Failed error={error} again={again} />
      )}
    </>
  );
};

export default EditJob;

/** The initial version stays until the user saves, or accepts another user's version. */
const Editor = ({ id, found }: { readonly id: number; readonly found: Revision }) => {
  const [, navigate] = useLocation();
  const [base, setBase] = useState(found);
  const [begin, setBegin] = useState<Draft>(found.draft);
  const [newest, setNewest] = useState<Revision>();
  if (!session.may('scheduler:jobs:write')) {
    return <Empty title="You can't change jobs">You need the permission scheduler:jobs:write.</Empty>;
  }
  const save = async (draft: Draft, reason: string, release: () => void) => {
    const params = { path: { id }, header: { ...reasonHeader(reason), 'If-Match': base.etag } };
    await done(api.PUT('/jobs/{id}', { params, body: asJobChange(changeOf(base.draft, draft)) }));
    release();
    changed();
    showSuccess(`Saved ${found.name}`);
    navigate(`/jobs/${id}`);
  };
  return (
    <JobForm
      key={base.etag + (begin === base.draft ? '' : ' kept')}
      initial={begin}
      isChanged={begin !== base.draft}
      verb="Save"
      jobId={id}
      back={`/jobs/${id}`}
      save={save}
      onRejected={async ({ status }) => {
        if (status === 412) setNewest(await revisionOf(id, null));
      }}
      above={(draft) =>
        newest === undefined ? null : (
          <Conflict
            before={base.draft}
            theirs={newest.draft}
            mine={draft}
            onTakeTheirs={() => {
              setBase(newest);
              setBegin(newest.draft);
              setNewest(undefined);
            }}
            onKeepMine={(merged) => {
              setBase(newest);
              setBegin(merged);
              setNewest(undefined);
            }}
          />
        )
      }
    />
  );
};
