import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { adoptToken, createTokenStore } from './session/token.ts';
import './styles/index.css';

const tokens = createTokenStore(sessionStorage, localStorage);
adoptToken(tokens, window.location, window.history);

const element = document.getElementById('root');
if (element === null) throw new Error('index.html has no #root');

const Crashed = () => (
  <div className="blank" role="alert">
    <h1>This page broke</h1>
    <p>The numbers are safe: this is a fault of the page. Reload it, and tell us if it comes back.</p>
    <a className="button" href="/">
      Reload
    </a>
  </div>
);

createRoot(element, {
  // A page must not go blank; the error itself still reaches the console.
  onUncaughtError(error) {
    reportError(error);
    createRoot(element).render(<Crashed />);
  },
}).render(
  <StrictMode>
    <App tokens={tokens} />
  </StrictMode>,
);
