const STARTERS = [
  "What can you do?",
  "Write a function in Python",
  "Compare two things in a table",
  "Tell me a long story",
];

/** Before the first message. */
export function Welcome({ onSay }: { onSay: (text: string) => void }) {
  return (
    <div className="welcome">
      <h2>What is on your mind?</h2>
      <p>Every word of an answer is stored before you see it. Reload, disconnect, restart: nothing is lost.</p>
      <div className="starters">
        {STARTERS.map((text) => (
          <button key={text} type="button" className="button" onClick={() => onSay(text)}>
            {text}
          </button>
        ))}
      </div>
    </div>
  );
}
