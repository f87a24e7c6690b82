import { SPANS } from '../format/spans.ts';

type SpanChoiceProps = {
  /** The span that is chosen; undefined for none of them. */
  readonly value: string | undefined;
  /** What it is called where none is chosen; left out where one has to be. */
  readonly none?: string;
  readonly names?: readonly string[];
  readonly onValue: (name: string | undefined) => void;
};

/** Time range something looks. */
export const SpanChoice = ({ value, none, names, onValue }: SpanChoiceProps) => (
  <fieldset class="span-choice">
    <legend class="unseen">Time range</legend>
    {none === undefined ? null : (
      <button type="button" class="ghost" aria-pressed={value === undefined} onClick={() => onValue(undefined)}>
        {none}
      </button>
    )}
    {SPANS.filter(([name]) => names?.includes(name) ?? true).map(([name, text]) => (
      <button key={name} type="button" class="ghost" aria-pressed={value === name} onClick={() => onValue(name)}>
        {text}
      </button>
    ))}
  </fieldset>
);
