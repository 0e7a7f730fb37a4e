"""The page over the corpus that lies beside this file: `python app.py`, then open the address."""

from pathlib import Path

from eventqa import EventQA, collector
from eventqa.chat import launch

HERE = Path(__file__).parent

if __name__ == "__main__":
    collector.own_process()
    with EventQA(HERE / "corpus", HERE / "embeddings") as qa:
        launch(qa)
