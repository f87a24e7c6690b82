import { useState } from 'preact/hooks';
import type { Token } from '../../../packages/client/src/schema.ts';
import { api, done, pageOf, reasonHeader } from '../api/client.ts';
import { changed, useList } from '../api/queries.ts';
import { ActDialog } from '../components/act-dialog.tsx';
import { useApplicationNames } from '../components/applications.ts';
import { now } from '../components/clock.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { PageHead } from '../components/layout.tsx';
import { ListCard } from '../components/list-card.tsx';
import { Status } from '../components/status.tsx';
import { showSuccess } from '../components/toasts.tsx';
import { When } from '../components/when.tsx';
import { CreateToken } from './tokens/create-token.tsx';

/** API tokens of programs. */
const Tokens = () => {
  const [isCreating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [revoked, setRevoked] = useState<Token>();
  const list = useList({
    key: ['tokens'],
    load: (page, signal) => pageOf(api.GET('/tokens', { params: { query: page }, signal })),
  });
  const named = useApplicationNames();
  return (
    <>
      <PageHead
        title="API tokens"
        actions={
          <button type="button" class="button primary" onClick={() => setCreating(true)}>
            New token…
          </button>
        }
      />
      <ListCard
        title="Tokens"
        list={list}
        keyOf={({ id }) => id}
        empty="No tokens"
        hint="Programs sign in with API tokens. To create one, choose “New token…”."
        columns={[
          { title: 'Name', cell: ({ name }) => <code>{name}</code> },
          { title: 'State', cell: (token) => <TokenState token={token} /> },
          { title: 'Permissions', cell: ({ permissions }) => permissions.join(', ') },
          {
            title: 'Applications',
            cell: ({ applications }) => (applications === undefined ? 'All' : applications.map(named).join(', ')),
          },
          {
            title: 'Created',
            cell: ({ createdAt, createdBy }) => (
              <>
                <When at={createdAt} /> by {createdBy}
              </>
            ),
          },
          {
            title: 'Actions',
            cell: (token) =>
              token.revokedAt === undefined ? (
                <button
                  type="button"
                  class="button"
                  aria-label={`Revoke ${token.name}`}
                  onClick={() => setRevoked(token)}
                >
                  Revoke…
                </button>
              ) : null,
          },
        ]}
      />
      {isCreating ? <CreateToken onClose={() => setCreating(false)} onCreated={setSecret} /> : null}
      {secret === undefined ? null : <ShowSecret secret={secret} onClose={() => setSecret(undefined)} />}
      {revoked === undefined ? null : <Revoke token={revoked} onClose={() => setRevoked(undefined)} />}
    </>
  );
};

export default Tokens;

const TokenState = ({ token: { revokedAt, revokedBy, expiresAt } }: { readonly token: Token }) => {
  if (revokedAt !== undefined) {
    return (
      <>
        <Status name="disabled">Revoked</Status> <When at={revokedAt} /> by {revokedBy}
      </>
    );
  }
  const hasExpired = expiresAt !== undefined && Date.parse(expiresAt) <= now.value;
  return (
    <>
      <Status name={hasExpired ? 'disabled' : 'enabled'}>{hasExpired ? 'Expired' : 'Active'}</Status>
      {expiresAt === undefined ? null : (
        <>
          {hasExpired ? ' ' : ' until '}
          <When at={expiresAt} />
        </>
      )}
    </>
  );
};

const Revoke = ({ token: { id, name }, onClose }: { readonly token: Token; readonly onClose: () => void }) => (
  <ActDialog
    title={`Revoke ${name}?`}
    verb="Revoke"
    danger
    onClose={onClose}
    act={async (reason) => {
      await done(api.DELETE('/tokens/{id}', { params: { path: { id }, header: reasonHeader(reason) } }));
      changed();
      showSuccess(`Revoked ${name}`);
    }}
  >
    <p>Requests with this token are rejected within 1 second. This can't be undone.</p>
  </ActDialog>
);

const ShowSecret = ({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) => (
  <Dialog title="Copy your token now" onClose={onClose}>
    <p>You won't see it again. Store it where only its program can read it.</p>
    <input
      type="text"
      readOnly
      aria-label="Token"
      value={secret}
      onFocus={({ currentTarget }) => currentTarget.select()}
    />
    <footer class="dialog-foot">
      <CopyButton what="token" text={secret} />
      <button type="button" class="button primary" onClick={onClose}>
        Done
      </button>
    </footer>
  </Dialog>
);
