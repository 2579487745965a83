import type { Metadata } from "next";
import { TaskPage } from "../../../../features/tasks/task-page.tsx";

interface RouteProps {
  readonly params: Promise<{ readonly name: string }>;
}

export async function generateMetadata({ params }: RouteProps): Promise<Metadata> {
  return { title: decodeURIComponent((await params).name) };
}

export default async function Route({ params }: RouteProps) {
  return <TaskPage name={decodeURIComponent((await params).name)} />;
}
