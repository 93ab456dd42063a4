export function Missing() {
  return (
    <div className="missing">
      <h2>This conversation does not exist</h2>
      <p>It was deleted, or it belongs to another key.</p>
    </div>
  );
}
