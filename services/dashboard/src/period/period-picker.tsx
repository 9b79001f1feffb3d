import { type FormEvent, useId, useRef, useState } from 'react';
import { formatPeriod } from '../format/when.ts';
import { Icon } from '../ui/icon.tsx';
import { place } from '../ui/place.ts';
import type { Choice } from '../url/view.ts';
import { type Day, isDay, type Period } from './day.ts';
import { PRESETS, periodOf, problemOf } from './preset.ts';

type Props = { choice: Choice; period: Period; today: Day; onChoose: (choice: Choice) => void };

const CustomDays = ({
  period,
  today,
  onChoose,
}: {
  period: Period;
  today: Day;
  onChoose: (period: Period) => void;
}) => {
  const id = useId();
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [from, to] = [String(form.get('from')), String(form.get('to'))];
    const wrong = isDay(from) && isDay(to) ? problemOf({ from, to }) : 'Choose both days.';
    setProblem(wrong);
    if (wrong === null) onChoose({ from, to });
  };
  return (
    <form className="period-custom" onSubmit={submit} noValidate key={`${period.from} ${period.to}`}>
      {(['from', 'to'] as const).map((name) => (
        <label key={name} className="field">
          {name === 'from' ? 'From' : 'To'}
          <input
            className="input"
            type="date"
            name={name}
            max={today}
            defaultValue={period[name]}
            aria-invalid={problem !== null}
            aria-describedby={problem === null ? undefined : id}
          />
        </label>
      ))}
      {problem !== null && (
        <p className="problem wide" id={id} role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="button wide" data-kind="primary">
        Show these days
      </button>
    </form>
  );
};

/** Presets and free days, in the store's time zone. The popover closes by itself on Escape and outside clicks. */
export const PeriodPicker = ({ choice, period, today, onChoose }: Props) => {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const chosen = choice.kind === 'preset' ? PRESETS.find(({ id: preset }) => preset === choice.preset)?.label : null;

  const choose = (next: Choice): void => {
    onChoose(next);
    panel.current?.hidePopover();
  };
  return (
    <div>
      <button ref={button} type="button" className="button" popoverTarget={id} aria-haspopup="dialog">
        <Icon name="calendar" />
        <span className="visually-hidden">Period: </span>
        {chosen ?? formatPeriod(period)}
        <Icon name="chevron" size={16} />
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="dialog"
        aria-label="Choose a period"
        className="over period-panel"
        onToggle={(event) => {
          if (event.newState === 'open' && button.current !== null)
            place(button.current, event.currentTarget, 'end', 6);
        }}
      >
        <div className="period-presets">
          {PRESETS.map(({ id: preset, label }) => (
            <button
              key={preset}
              type="button"
              aria-pressed={choice.kind === 'preset' && choice.preset === preset}
              onClick={() => choose({ kind: 'preset', preset })}
            >
              {label}
              <small>{formatPeriod(periodOf(preset, today))}</small>
            </button>
          ))}
        </div>
        <CustomDays period={period} today={today} onChoose={(days) => choose({ kind: 'days', period: days })} />
      </div>
    </div>
  );
};
