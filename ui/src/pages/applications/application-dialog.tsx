import { useState } from 'preact/hooks';
import type { Application } from '../../../../src/client/schema.ts';
import { api, because, done } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { ActDialog } from '../../parts/act-dialog.tsx';
import { FormField } from '../../parts/form-field.tsx';
import { sayDone } from '../../parts/toasts.tsx';

type DialogProps = { readonly application?: Application; readonly onClose: () => void };

/** A new application, or another name for one. */
export const ApplicationDialog = ({ application, onClose }: DialogProps) => {
  const [name, setName] = useState(application?.name ?? '');
  const [displayName, setDisplayName] = useState(application?.displayName ?? '');
  const act = async (reason: string) => {
    const body = { name, displayName };
    const header = because(reason);
    if (application === undefined) await done(api.POST('/applications', { params: { header }, body }));
    else await done(api.PUT('/applications/{id}', { params: { path: { id: application.id }, header }, body }));
    changed();
    sayDone(`${name} is saved`);
  };
  return (
    <ActDialog
      title={application === undefined ? 'New application' : `Rename ${application.name}`}
      verb="Save"
      act={act}
      onClose={onClose}
    >
      <FormField label="Name" pointer="/name" value={name} onValue={setName} hint="Unique within the tenant" />
      <FormField
        label="Display name"
        pointer="/displayName"
        value={displayName}
        onValue={setDisplayName}
        isRequired={false}
      />
    </ActDialog>
  );
};
