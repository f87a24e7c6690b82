import { type Form, TextField } from './fields.tsx';
import { JsonField } from './json-field.tsx';

type WorkerProps = { readonly form: Form; readonly onReadable: (isReadable: boolean) => void };

/** The work that a job offers to a queue. */
export const WorkerFields = ({ form, onReadable }: WorkerProps) => (
  <>
    <div class="form-row">
      <TextField
        form={form}
        pointer="/taskConfig/queue"
        label="Queue"
        placeholder="reports"
        hint="Of the job's application; needs no setup"
        isRequired
      />
      <TextField
        form={form}
        pointer="/taskConfig/task"
        label="Function"
        placeholder="send-report"
        hint="As the worker names it"
        isRequired
      />
    </div>
    <JsonField form={form} pointer="/taskConfig/input" label="Input" onReadable={onReadable} />
    <div class="form-row">
      <TextField
        form={form}
        pointer="/heartbeatTimeout"
        label="Lease"
        placeholder="30s"
        hint="How long a worker keeps the work without a heartbeat"
      />
      <TextField
        form={form}
        pointer="/deadline"
        label="Deadline"
        placeholder="24h"
        hint="From the take; then the attempt fails"
      />
    </div>
  </>
);
