import { useState } from 'preact/hooks';
import { ExactNumber, printJson } from '../api/json.ts';
import { formatCount, formatNumber } from '../format/count.ts';

const OPEN_DEPTH = 2;
const OPEN_ENTRIES = 30;
/** Number of entries of one object to render initially, and to add on request. */
const STEP = 200;

type NodeProps = { readonly value: unknown; readonly name?: string | undefined; readonly depth?: number };

/** Collapsible JSON: renders only open parts, with exact numbers. */
export const JsonTree = ({ value, name, depth = 0 }: NodeProps) => {
  const entries = entriesOf(value);
  if (entries === undefined || entries.length === 0) {
    return (
      <div class="json-line">
        <Name name={name} />
        <Leaf value={value} />
      </div>
    );
  }
  return <Branch name={name} depth={depth} isArray={Array.isArray(value)} entries={entries} />;
};

type Entry = readonly [string, unknown];

const entriesOf = (value: unknown): readonly Entry[] | undefined => {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return undefined;
  return Object.entries(value);
};

type BranchProps = {
  readonly name: string | undefined;
  readonly depth: number;
  readonly isArray: boolean;
  readonly entries: readonly Entry[];
};

const Branch = ({ name, depth, isArray, entries }: BranchProps) => {
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH && entries.length <= OPEN_ENTRIES);
  const [shown, setShown] = useState(STEP);
  return (
    <details class="json-branch" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <Name name={name} />
        <span class="quiet">
          {isArray
            ? `[ ${formatCount(entries.length, 'entry', 'entries')} ]`
            : `{ ${formatCount(entries.length, 'field')} }`}
        </span>
      </summary>
      {isOpen
        ? entries
            .slice(0, shown)
            .map(([key, value]) => <JsonTree key={key} name={key} value={value} depth={depth + 1} />)
        : null}
      {isOpen && entries.length > shown ? (
        <button type="button" class="link" onClick={() => setShown(shown + STEP)}>
          Show more of {formatNumber(entries.length)}
        </button>
      ) : null}
    </details>
  );
};

const Name = ({ name }: { readonly name: string | undefined }) =>
  name === undefined ? null : <span class="json-name">{name}: </span>;

const Leaf = ({ value }: { readonly value: unknown }) => (
  <span class={`json-value json-${kindOf(value)}`}>{printJson(value, 0)}</span>
);

const kindOf = (value: unknown): string => (value instanceof ExactNumber ? 'number' : typeof value);
