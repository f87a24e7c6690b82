import { type SignInLink, session } from '../api/session.ts';
import { ActDialog } from '../components/act-dialog.tsx';

/** Asks before the token of a link signs in: a foreign link must not make somebody act as another. */
export const SignInByLink = ({ link: { token, holder } }: { readonly link: SignInLink }) => {
  const current = session.current.value;
  return (
    <ActDialog
      title={current ? 'Sign in by the link instead?' : 'Sign in by the link?'}
      verb="Sign in by the link"
      asksReason={false}
      act={() => session.signIn(token)}
      onClose={session.forgetLink}
    >
      <p>
        The link that you opened is of <strong>{holder.user}</strong> of {holder.tenant}: what you do from then on is
        done by {holder.user}.{current ? ` You are signed in as ${current.user} of ${current.tenant}.` : null}
      </p>
      <p class="quiet">Go on only where the link is yours.</p>
    </ActDialog>
  );
};
