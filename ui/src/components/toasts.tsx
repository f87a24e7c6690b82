import { effect, signal, untracked } from '@preact/signals';
import { connection } from '../api/connection.ts';
import { Icon } from './icon.tsx';

type Toast = {
  readonly id: number;
  readonly text: string;
  readonly kind: 'done' | 'warned' | 'failed';
  readonly undo?: () => Promise<void>;
};

const SHOWN_MS = 8_000;
const shown = signal<readonly Toast[]>([]);
let lastId = 0;

const dismiss = (id: number): void => {
  shown.value = shown.value.filter((toast) => toast.id !== id);
};

const show = (toast: Omit<Toast, 'id'>): void => {
  lastId += 1;
  const id = lastId;
  shown.value = [...shown.value.slice(-3), { ...toast, id }];
  // A warning is shown once, so it stays until it is dismissed.
  if (toast.kind !== 'warned') setTimeout(() => dismiss(id), SHOWN_MS);
};

/** Shows a success message, with an undo button if possible. */
export const showSuccess = (text: string, undo?: (() => Promise<void>) | undefined): void =>
  show({ text, kind: 'done', ...(undo === undefined ? {} : { undo }) });

export const showError = (error: unknown): void =>
  show({ text: error instanceof Error ? error.message : String(error), kind: 'failed' });

effect(() => {
  for (const warning of connection.warnings.value)
    untracked(() => show({ text: `Warning: ${warning}`, kind: 'warned' }));
});

/** Placed beside the navigation, where they cover nothing. */
export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {shown.value.map(({ id, text, kind, undo }) => (
      <div key={id} class={`toast toast-${kind}`}>
        <Icon name={kind === 'done' ? 'ok' : 'warning'} />
        <span title={text}>{text}</span>
        {undo === undefined ? null : (
          <button
            type="button"
            class="link"
            onClick={() => {
              dismiss(id);
              undo().catch(showError);
            }}
          >
            Undo
          </button>
        )}
        <button type="button" class="ghost" aria-label="Dismiss" onClick={() => dismiss(id)}>
          <Icon name="clear" />
        </button>
      </div>
    ))}
  </div>
);
