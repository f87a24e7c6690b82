import type { Job } from '../../../../src/client/schema.ts';
import { printJson } from '../../api/json.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { Icon } from '../../components/icon.tsx';

const SYNC = 'bootstrap:';

/** Says that files own a job, and gives it as these files have it. */
export const BootstrapBanner = ({ job }: { readonly job: Job }) => {
  if (!job.createdBy.startsWith(SYNC)) return null;
  const isChanged = !job.updatedBy.startsWith(SYNC);
  return (
    <div class="notice notice-info bootstrap">
      <Icon name="copy" />
      <span>
        {isChanged
          ? `Files made this job, and ${job.updatedBy} changed it: the next sync leaves it alone.`
          : 'Files own this job: change them, since a change here takes it away from them.'}
      </span>
      <CopyButton what="jobs.json" text={printJson(asInFile(job))} />
    </div>
  );
};

/** A job as it stands in a file: without what the server sets. */
const asInFile = (job: Job): readonly object[] => {
  const {
    id,
    application,
    createdAt,
    createdBy,
    updatedAt,
    updatedBy,
    nextRunAt,
    lastExecution,
    completed,
    state,
    ...fields
  } = job;
  return [fields];
};
