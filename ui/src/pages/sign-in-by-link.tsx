import { session } from '../api/session.ts';
import { ActDialog } from '../parts/act-dialog.tsx';

/** Asks before the token of a link takes the place of a session: a foreign link must not make somebody act as another. */
export const SignInByLink = ({ token }: { readonly token: string }) => (
  <ActDialog
    title="Sign in by the link instead?"
    verb="Sign in by the link"
    asksReason={false}
    act={() => session.signIn(token)}
    onClose={session.forgetLink}
  >
    <p>
      You are signed in as <strong>{session.current.value?.user}</strong> of {session.current.value?.tenant}. The link
      that you opened has a token of its own: what you do from then on is done by whom that token belongs to.
    </p>
    <p class="quiet">Go on only where the link is yours.</p>
  </ActDialog>
);
