import { useState } from 'preact/hooks';
import type { Application } from '../../../../packages/client/src/schema.ts';
import { api, done, reasonHeader } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { FormField } from '../../components/form-field.tsx';
import { showSuccess } from '../../components/toasts.tsx';

type DialogProps = { readonly application?: Application; readonly onClose: () => void };

/** Creates or edits an application. */
export const ApplicationDialog = ({ application, onClose }: DialogProps) => {
  const [name, setName] = useState(application?.name ?? '');
  const [displayName, setDisplayName] = useState(application?.displayName ?? '');
  const [failureUrl, setFailureUrl] = useState(application?.onFailure?.url ?? '');
  const [successUrl, setSuccessUrl] = useState(application?.onSuccess?.url ?? '');
  const [maxAge, setMaxAge] = useState(String(application?.retention?.maxAge ?? ''));
  const act = async (reason: string) => {
    const names = { name, displayName };
    const header = reasonHeader(reason);
    const defaults = {
      onFailure: failureUrl === '' ? null : { ...application?.onFailure, url: failureUrl },
      onSuccess: successUrl === '' ? null : { ...application?.onSuccess, url: successUrl },
      retention: maxAge === '' ? null : { ...application?.retention, maxAge },
    };
    const body = { ...names, ...defaults };
    if (application === undefined) {
      const { onFailure, onSuccess, retention } = defaults;
      const given = {
        ...(onFailure && { onFailure }),
        ...(onSuccess && { onSuccess }),
        ...(retention && { retention }),
      };
      await done(api.POST('/applications', { params: { header }, body: { ...names, ...given } }));
    } else await done(api.PUT('/applications/{id}', { params: { path: { id: application.id }, header }, body }));
    changed();
    showSuccess(`Saved ${name}`);
  };
  return (
    <ActDialog
      title={application === undefined ? 'New application' : `Edit ${application.name}`}
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
      <FormField
        label="Failure hook"
        pointer="/onFailure"
        value={failureUrl}
        onValue={setFailureUrl}
        hint="URL that receives the execution; a job can override it"
        isRequired={false}
      />
      <FormField
        label="Success hook"
        pointer="/onSuccess"
        value={successUrl}
        onValue={setSuccessUrl}
        isRequired={false}
      />
      <FormField
        label="Keep executions for"
        pointer="/retention"
        value={maxAge}
        onValue={setMaxAge}
        hint="Such as 90d; a job can override it. If empty: the installation default"
        isRequired={false}
      />
    </ActDialog>
  );
};
