import { type ReactNode, useEffect, useRef } from 'react';

/** Landmarks and the skip link around every page. `subject` names the page (null: not known yet); when it changes, focus goes to its heading. */
export const Shell = ({
  header,
  subject,
  children,
}: {
  header: ReactNode;
  subject: string | null;
  children: ReactNode;
}) => {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(subject);
  useEffect(() => {
    const before = shown.current;
    shown.current = subject;
    // The first page of a visit begins at its top, with the skip link.
    if (before === subject || before === null) return;
    main.current?.querySelector('h1')?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [subject]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the numbers
      </a>
      {header}
      <main ref={main} id="main" className="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
};
