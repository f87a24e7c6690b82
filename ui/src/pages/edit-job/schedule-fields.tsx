import { useRef, useState } from 'preact/hooks';
import { zoneNames } from '../../words/zones.ts';
import { valueAt, withValue } from './draft.ts';
import { errorAt, type Form, TextField } from './fields.tsx';

const KINDS = [
  ['pattern', 'By a pattern'],
  ['every', 'At an interval'],
  ['at', 'Once'],
] as const;
type Kind = (typeof KINDS)[number][0];

const kindOf = ({ draft }: Form): Kind => {
  if (valueAt(draft, '/schedule/every') !== undefined) return 'every';
  return valueAt(draft, '/schedule/at') === undefined ? 'pattern' : 'at';
};

const BEGINS: Readonly<Record<Kind, readonly [pointer: string, value: string]>> = {
  pattern: ['/pattern', '0 2 * * *'],
  every: ['/schedule/every', '1h'],
  at: ['/schedule/at', ''],
};

/** When a job is due. */
export const ScheduleFields = ({ form }: { readonly form: Form }) => {
  // One whose field is empty for a moment stays what it is.
  const [kind, setKind] = useState(() => kindOf(form));
  const typed = useRef(new Map<Kind, unknown>());
  const choose = (next: Kind) => {
    typed.current.set(kind, valueAt(form.draft, BEGINS[kind][0]));
    const cleared = withValue(withValue(form.draft, '/pattern', undefined), '/schedule', undefined);
    const [pointer, value] = BEGINS[next];
    form.setDraft(withValue(cleared, pointer, typed.current.get(next) ?? value));
    setKind(next);
  };
  return (
    <fieldset class="form-part">
      <legend>When</legend>
      <div class="choices" role="radiogroup" aria-label="Kind of schedule">
        {KINDS.map(([each, text]) => (
          <label key={each} class="check">
            <input type="radio" name="schedule-kind" checked={kind === each} onChange={() => choose(each)} />
            {text}
          </label>
        ))}
      </div>
      <div class="form-row">
        {kind === 'pattern' ? (
          <TextField
            form={form}
            pointer="/pattern"
            label="Pattern"
            hint="Minute, hour, day of the month, month, day of the week; or @daily"
          />
        ) : null}
        {kind === 'every' ? (
          <TextField form={form} pointer="/schedule/every" label="Every" hint="Such as 30s, 15m, 2h, 1d, 2w or 1mo" />
        ) : null}
        {kind === 'at' ? (
          <TextField
            form={form}
            pointer="/schedule/at"
            label="At"
            placeholder="2026-12-31T23:00:00+01:00"
            hint="An instant with its offset"
          />
        ) : null}
        <TextField
          form={form}
          pointer="/timezone"
          label="Time zone"
          placeholder="UTC"
          suggestions={zoneNames()}
          hint="Of the clock on the wall that the pattern is for"
        />
      </div>
      <details open={errorAt(form.errors, '/startAt') !== undefined || errorAt(form.errors, '/endAt') !== undefined}>
        <summary>Begin and end</summary>
        <div class="form-row">
          <TextField form={form} pointer="/startAt" label="Not before" placeholder="2026-12-01T00:00:00Z" />
          <TextField form={form} pointer="/endAt" label="Not from then on" placeholder="2027-01-01T00:00:00Z" />
        </div>
      </details>
    </fieldset>
  );
};
