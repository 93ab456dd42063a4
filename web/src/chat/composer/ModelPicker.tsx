import { useSession, useStore } from "../session/SessionContext.ts";

interface ModelPickerProps {
  value: string | null;
  onPick: (model: string) => void;
}

export function ModelPicker({ value, onPick }: ModelPickerProps) {
  const models = useStore(useSession().models);
  if (models.length === 0) return null;
  return (
    <select
      className="model-picker"
      aria-label="Model"
      value={value ?? ""}
      onChange={(event) => onPick(event.target.value)}
    >
      {models.map(({ id, ownedBy }) => (
        <option key={id} value={id} title={ownedBy}>
          {id}
        </option>
      ))}
    </select>
  );
}
