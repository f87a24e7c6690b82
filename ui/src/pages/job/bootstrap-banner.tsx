import { useState } from 'preact/hooks';
import { printJson } from '../../api/json.ts';
import type { Job } from '../../api/schema.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Icon } from '../../parts/icon.tsx';
import { sayDone } from '../../parts/toasts.tsx';

const SYNC = 'bootstrap:';

/** Says that files own a job, and gives it as these files have it. */
export const BootstrapBanner = ({ job }: { readonly job: Job }) => {
  const [isShown, setShown] = useState(false);
  if (!job.createdBy.startsWith(SYNC)) return null;
  const isChanged = !job.updatedBy.startsWith(SYNC);
  const json = printJson(asInFile(job));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(json);
      sayDone('Copied, as jobs.json has it');
    } catch {
      // A page on plain HTTP has no clipboard.
      setShown(true);
    }
  };
  return (
    <div class="notice notice-info bootstrap">
      <Icon name="copy" />
      <span>
        {isChanged
          ? `Files made this job, and ${job.updatedBy} changed it: the next sync leaves it alone.`
          : 'Files own this job: change them, since a change here takes it away from them.'}
      </span>
      <button type="button" class="button" onClick={() => void copy()}>
        Copy as jobs.json
      </button>
      {isShown ? (
        <Dialog title="jobs.json" wide onClose={() => setShown(false)}>
          <label class="field">
            <span>Select and copy: this browser gives no clipboard to a page without TLS</span>
            <textarea rows={18} readOnly value={json} onFocus={({ currentTarget }) => currentTarget.select()} />
          </label>
        </Dialog>
      ) : null}
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
    ...fields
  } = job;
  return [fields];
};
