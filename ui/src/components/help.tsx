import { signal } from '@preact/signals';
import { Dialog } from './dialog.tsx';
import { keyGroups } from './keys.ts';

const isOpen = signal(false);

export const openHelp = (): void => {
  isOpen.value = true;
};

const NAMES: Readonly<Record<string, string>> = { 'mod+k': 'Ctrl K' };

/** Keyboard shortcuts of this page. */
export const Help = () =>
  isOpen.value ? (
    <Dialog
      title="Keyboard shortcuts"
      onClose={() => {
        isOpen.value = false;
      }}
    >
      {keyGroups.value.map(({ title, keys }) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl class="keys">
            {keys.map(({ key, description }) => (
              <div key={key}>
                <dt>
                  <kbd>{NAMES[key] ?? key}</kbd>
                </dt>
                <dd>{description}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  ) : null;
