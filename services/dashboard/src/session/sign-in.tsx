import { type FormEvent, useState } from 'react';
import { Notice } from '../ui/notice.tsx';
import { useTitle } from '../ui/use-title.ts';
import { useSession } from './session.tsx';

/** The form for a reader without a token; says where one comes from. */
export const SignIn = () => {
  const { signIn, ended } = useSession();
  const [problem, setProblem] = useState<string | null>(null);
  useTitle('Sign in');

  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const token = String(form.get('token') ?? '').trim();
    if (token === '') setProblem('Paste a read key first.');
    else signIn(token, form.get('remember') === 'on');
  };

  return (
    <div className="sign-in card">
      <div>
        <h1>Sign in</h1>
        <p className="muted">With a read key of your store. It stays in this browser tab.</p>
      </div>
      {ended !== null && <Notice kind="warning">{ended}</Notice>}
      <form className="stack" onSubmit={submit} noValidate>
        <label className="field">
          Read key
          <input
            className="input"
            name="token"
            type="password"
            autoComplete="current-password"
            spellCheck={false}
            required
            aria-invalid={problem !== null}
            aria-describedby={problem === null ? undefined : 'token-problem'}
          />
        </label>
        {problem !== null && (
          <p className="problem" id="token-problem" role="alert">
            {problem}
          </p>
        )}
        <label className="check">
          <input type="checkbox" name="remember" /> Keep me signed in on this device
        </label>
        <button className="button" data-kind="primary" type="submit">
          Sign in
        </button>
      </form>
      <div className="card-note">
        <p>No key yet? Whoever runs Cartledger makes one with</p>
        <code>npx cartledger keys create --store ID --scope reports:read</code>
      </div>
    </div>
  );
};
